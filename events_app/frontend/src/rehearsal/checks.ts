import { DoorApi, type Paired, Unpaired, Unreachable } from "../door/api";
import { Camera } from "../door/camera";
import { Reader } from "../door/reader";
import { Settings } from "../door/settings";
import { Signals } from "../door/signals";
import { Store } from "../door/store";
import { registerWorker } from "../door/worker";
import { first } from "../lib/dom";
import { bad, good, type Row, type Verdict } from "./row";
import { say } from "../door/texts";

type Trial = { code: string; symbol: string };

const PICTURE_WITHIN_MS = 4000;
const READY_WITHIN_MS = 8000;
const TICKET_WITHIN_MS = 30_000;
const SAMPLE = { width: 32, height: 18 };
/** Below this brightness, of 255, nothing can be read. */
const DARK = 24;

/** What is tested, one function each; none of them leaves anything behind. */
export class Checks {
  private readonly signals = new Signals(new Settings());
  private paired: Paired | undefined;
  private trial: Trial | undefined;
  private readonly api = new DoorApi(() => this.paired?.token);

  /** The whole way of a scan: who this device is, the list, and the test ticket there and back. */
  async sync(): Promise<Verdict> {
    this.paired = await this.known<Paired>("paired");
    if (!this.paired) return bad("not_paired");
    try {
      this.trial = await this.ticket(this.paired);
      const list = await this.api.roster(undefined);
      const began = performance.now();
      const [answer] = await this.api.scan([scanOf(this.trial.code)]);
      const time = Math.round(performance.now() - began);
      if (answer?.result !== "admitted" || !("tickets" in list)) return bad("sync_wrong");
      return good("sync_good", { count: list.tickets.length, time });
    } catch (error) {
      if (error instanceof Unpaired) return bad("not_paired");
      return bad(error instanceof Unreachable ? "sync_unreachable" : "sync_wrong");
    }
  }

  /** What the device needs without network: the page, and the list. */
  async offline(): Promise<Verdict> {
    if (!("serviceWorker" in navigator)) return bad("offline_impossible");
    await Promise.race([registerWorker(), pause(READY_WITHIN_MS)]);
    const registration = await navigator.serviceWorker.getRegistration("/door");
    const kept = await caches.match(`/door?lang=${document.documentElement.lang}`, { ignoreVary: true });
    if (!registration?.active || !kept) return bad("offline_no_page");
    if ((await this.known("roster")) === undefined) return bad("offline_no_list");
    const safe = await navigator.storage?.persisted?.().catch(() => false);
    return good(safe ? "offline_good" : "offline_unsafe");
  }

  /** Pictures that are not black; and the test ticket, if somebody holds it in front of the camera. */
  async camera(row: Row, video: HTMLVideoElement): Promise<Verdict> {
    const camera = new Camera(video);
    video.hidden = false;
    try {
      const problem = await camera.start();
      if (problem) return { state: "bad", text: say(problem) };
      if (!(await within(PICTURE_WITHIN_MS, () => video.videoWidth > 0 && brightness(video) > DARK))) return bad("camera_dark");
      row.show("running", say("camera_hold"));
      return (await this.reads(video)) ? good("camera_read") : good("camera_good", { width: video.videoWidth, height: video.videoHeight });
    } finally {
      camera.stop();
      video.hidden = true;
    }
  }

  async sound(row: Row): Promise<Verdict> {
    if (!new Settings().is("sound")) return bad("sound_off");
    this.signals.give("admitted");
    const heard = await row.ask(say("sound_ask"));
    return heard === "yes" ? good("sound_good") : bad("sound_bad");
  }

  async printer(row: Row): Promise<Verdict> {
    const place = first("[data-sample-symbol]", HTMLElement);
    if (this.trial) place?.replaceChildren(new DOMParser().parseFromString(this.trial.symbol, "image/svg+xml").documentElement);
    window.print();
    const came = await row.ask(say("printer_ask"));
    if (came === "none") return { state: "skipped", text: say("printer_none") };
    return came === "yes" ? good("printer_good") : bad("printer_bad");
  }

  private reads(video: HTMLVideoElement): Promise<boolean> {
    return new Promise((resolve) => {
      const skip = first("[data-skip-ticket]", HTMLButtonElement);
      const end = (read: boolean): void => {
        reader.stop();
        clearTimeout(timer);
        if (skip) skip.hidden = true;
        resolve(read);
      };
      const reader = new Reader(video, (code) => {
        if (!this.trial || code === this.trial.code) end(true);
      });
      const timer = setTimeout(() => end(false), TICKET_WITHIN_MS);
      if (skip) skip.hidden = false;
      skip?.addEventListener("click", () => end(false), { once: true });
      reader.start();
    });
  }

  private async ticket(paired: Paired): Promise<Trial> {
    const answer = await fetch("/door/rehearsal/ticket", {
      headers: { authorization: `Bearer ${paired.token}`, accept: "application/json" },
      credentials: "omit",
    }).catch(() => undefined);
    if (!answer || answer.status >= 500) throw new Unreachable();
    if (answer.status === 401) throw new Unpaired();
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()) as Trial;
  }

  private async known<T>(name: "paired" | "roster"): Promise<T | undefined> {
    const store = await Store.open().catch(() => undefined);
    return store?.fact<T>(name);
  }
}

function scanOf(code: string): Parameters<DoorApi["scan"]>[0][number] {
  return { id: crypto.randomUUID(), code, scanned_at: new Date().toISOString(), direction: "entry", offline: false, shown: null };
}

/** The brightest point of the picture, 0 to 255. */
function brightness(video: HTMLVideoElement): number {
  const canvas = Object.assign(document.createElement("canvas"), SAMPLE);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen?.drawImage(video, 0, 0, SAMPLE.width, SAMPLE.height);
  const data = pen?.getImageData(0, 0, SAMPLE.width, SAMPLE.height).data ?? [];
  let most = 0;
  for (const [index, value] of data.entries()) if (index % 4 < 3 && value > most) most = value;
  return most;
}

async function within(limit: number, done: () => boolean): Promise<boolean> {
  const end = performance.now() + limit;
  while (!done()) {
    if (performance.now() > end) return false;
    await pause(100);
  }
  return true;
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

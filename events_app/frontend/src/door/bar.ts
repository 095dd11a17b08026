import { first } from "../lib/dom";
import type { Counters, DoorApi, Paired } from "./api";
import { announce, toggle, write } from "./dom";
import { say, timeOf } from "./texts";

/** What is always in sight: which door, the connection, the list, what waits, how many are inside. */
const USUAL_PAUSE_MS = 15_000;
const ANXIOUS_PAUSE_MS = 4000;
const SOON_MS = 400;

export class Bar {
  onCounters: (counters: Counters) => void = () => {};

  private online: boolean | undefined;
  private roster: string | undefined;
  private timer = 0;
  /** While the server tells by itself nobody asks; `following`: it has done so at least once. */
  private listening: AbortController | undefined;
  private following = false;

  constructor(private readonly api: DoorApi) {
    document.addEventListener("visibilitychange", () => this.countSoon());
  }

  door(paired: Paired): void {
    write("[data-event-title]", paired.event_title);
    write("[data-device-name]", paired.name);
  }

  connection(reached: boolean): void {
    this.online = reached;
    this.tell();
    // Numbers without a server are old ones.
    if (reached) return;
    write("[data-count]", "");
    this.deafen();
    this.again(ANXIOUS_PAUSE_MS);
  }

  /** In sight until the list says otherwise: nobody is let in any more. */
  cancelled(is: boolean): void {
    toggle("[data-cancelled]", is);
  }

  /** The moment of this device's list, if it has one. */
  list(asOf: string | undefined): void {
    this.roster = asOf;
    this.tell();
  }

  pending(waiting: number, unstored: number): void {
    announce("[data-pending]", waiting > 1 ? say("queued", { count: waiting }) : waiting ? say("queued_one") : "");
    announce("[data-storage]", unstored > 0 ? say("storage_full", { count: unstored }) : "");
  }

  exit(on: boolean): void {
    toggle("[data-direction]", on);
  }

  /** Fresh numbers in a moment, unless the server tells them anyway. Several scans in a row ask once. */
  countSoon(): void {
    if (document.hidden) this.deafen();
    if (!this.following) this.again(SOON_MS);
  }

  stopCounting(): void {
    clearTimeout(this.timer);
    this.deafen();
    write("[data-count]", "");
  }

  private tell(): void {
    if (this.online === undefined) return;
    const line = first("[data-line]", HTMLElement);
    if (line) line.dataset["online"] = this.online ? "yes" : "no";
    const offline = this.roster ? say("offline", { time: timeOf(this.roster) }) : say("offline_bare");
    write("[data-line-words]", this.online ? say("online") : offline);
  }

  private again(pause: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.count(), pause);
  }

  private async count(): Promise<void> {
    const counters = document.hidden ? undefined : await this.api.counters().catch(() => undefined);
    if (counters) this.show(counters);
    if (counters && !this.listening) void this.listen();
    this.again(this.online === false ? ANXIOUS_PAUSE_MS : USUAL_PAUSE_MS);
  }

  /** As long as the server tells; after that it is asked again, which shows whether it can be reached. */
  private async listen(): Promise<void> {
    const listening = (this.listening = new AbortController());
    for await (const counters of this.api.live(listening)) {
      if (listening.signal.aborted) break;
      clearTimeout(this.timer);
      this.following = true;
      this.show(counters);
    }
    if (this.listening !== listening) return;
    this.deafen();
    this.countSoon();
  }

  private deafen(): void {
    this.listening?.abort();
    this.listening = undefined;
    this.following = false;
  }

  private show(counters: Counters): void {
    const { inside, expected } = counters;
    write("[data-count]", say("inside", { inside, expected }));
    this.onCounters(counters);
  }
}

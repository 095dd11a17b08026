import { all, first } from "../lib/dom";
import { AnswerView } from "./answer";
import type { DoorApi, Paired, ScanResult } from "./api";
import { keepAwake } from "./awake";
import { Bar } from "./bar";
import { announce, closeSheets, openSheet } from "./dom";
import { Gate } from "./gate";
import { History } from "./history";
import { OnlineJudge } from "./judge";
import { Lens } from "./lens";
import type { Pairing } from "./pairing";
import { Search } from "./search";
import { Settings } from "./settings";
import { Signals } from "./signals";
import type { Store } from "./store";
import { say, useTimeZone } from "./texts";
import { Uploader } from "./uploader";
import { Wedge } from "./wedge";

const NEWS_SHOWN_MS = 12_000;

/** Who this device is, for everybody who needs to know; nobody before it is paired. */
export class Session {
  paired: Paired | undefined;
}

/** The parts of the door, put together. */
export class DoorPage {
  private readonly bar: Bar;
  private readonly view = new AnswerView();
  private readonly settings = new Settings();
  private readonly uploader: Uploader;
  private readonly search: Search;
  private readonly gate: Gate;
  private readonly lens: Lens;
  private readonly stayAwake: () => void;
  private newsTimer = 0;

  constructor(
    private readonly session: Session,
    private readonly api: DoorApi,
    private readonly store: Store,
    private readonly pairing: Pairing,
    video: HTMLVideoElement,
  ) {
    const { view, settings } = this;
    const bar = (this.bar = new Bar(api));
    const uploader = (this.uploader = new Uploader(api, store, () => session.paired?.event));
    const [judge, history, signals] = [new OnlineJudge(api), new History(), new Signals(settings)];
    this.gate = new Gate({ api, judge, uploader, view, bar, history, signals, settings });
    this.search = new Search(api);
    this.lens = new Lens(video, (code) => void this.gate.scan(code));
    this.stayAwake = keepAwake(() => session.paired !== undefined);
    this.wire();
    this.listen();
  }

  /** The scanner if this device is paired, else (or with a new code in the address) the pairing form. */
  async open(withCode: boolean): Promise<void> {
    const known = await this.store.paired();
    if (known && !withCode) return this.enter(known);
    show("pair");
    first("#pairing-code", HTMLInputElement)?.focus();
  }

  private wire(): void {
    this.api.onContact = (reached) => this.bar.connection(reached);
    this.pairing.onPaired = (fresh) => this.pair(fresh);
    this.uploader.onPending = (count) => this.bar.pending(count);
    this.uploader.onResults = (results) => this.late(results);
    this.uploader.onUnpaired = this.gate.onUnpaired = () => void this.revoked();
    this.search.onCode = (code) => void this.gate.scan(code);
    this.search.onAdmit = (guests) => void this.gate.admit(guests).then((done) => done || this.news(say("search_offline")));
    this.settings.onChange = () => this.bar.exit(this.settings.is("exit"));
  }

  private listen(): void {
    new Wedge(
      (code) => this.typed(code),
      () => this.session.paired !== undefined,
    );
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-do]") : null;
      if (button) this.act(button);
    });
  }

  private typed(code: string): void {
    closeSheets();
    void this.gate.scan(code);
  }

  private act(button: HTMLElement): void {
    const actions: Record<string, () => unknown> = {
      camera: () => this.lens.start(),
      flip: () => this.lens.flip(),
      torch: () => this.lens.light(button),
      search: () => this.search.open(),
      admit: () => this.search.admitTicked(),
      menu: () => openSheet("menu"),
      close: () => closeSheets(),
      unpair: () => this.unpair(),
    };
    void actions[button.dataset["do"] ?? ""]?.();
  }

  private async pair(fresh: Paired): Promise<void> {
    await this.store.pair(fresh);
    void navigator.storage?.persist?.();
    history.replaceState(null, "", "/door");
    await this.enter(fresh);
  }

  private async enter(known: Paired): Promise<void> {
    this.session.paired = known;
    useTimeZone(known.timezone);
    this.bar.door(known);
    this.bar.exit(this.settings.is("exit"));
    show("scan");
    this.stayAwake();
    this.bar.countSoon();
    await this.uploader.tell();
    this.uploader.soon();
    await this.lens.startIfAllowed();
  }

  private late(results: ScanResult[]): void {
    const names = this.gate.late(results).map((answer) => answer.name || "–");
    if (names.length) this.news(say("late_refusal", { name: names.join(", ") }));
  }

  /** Something that needs no answer, for a while. */
  private news(text: string): void {
    announce("[data-late]", text);
    clearTimeout(this.newsTimer);
    this.newsTimer = window.setTimeout(() => announce("[data-late]", ""), NEWS_SHOWN_MS);
  }

  private async revoked(): Promise<void> {
    await this.leave();
    this.pairing.problem(say("revoked"));
  }

  private async unpair(): Promise<void> {
    if (!confirm(say("unpair_sure"))) return;
    await this.store.forgetQueue();
    await this.leave();
  }

  private async leave(): Promise<void> {
    await this.store.unpair();
    this.session.paired = undefined;
    this.lens.stop();
    this.bar.stopCounting();
    this.view.clear();
    closeSheets();
    show("pair");
  }
}

export function show(screen: "pair" | "scan"): void {
  const door = first(".door", HTMLElement);
  if (door) door.dataset["screen"] = screen;
  for (const part of all("[data-part]", HTMLElement)) part.hidden = (part.dataset["part"] === "pair") !== (screen === "pair");
}

import { all, first } from "../lib/dom";
import { AnswerView } from "./answer";
import { DoorApi, type Options, type Paired, Unpaired } from "./api";
import { keepAwake } from "./awake";
import { Bar } from "./bar";
import type { Clock } from "./clock";
import { Corrections } from "./corrections";
import { Asking } from "./asking";
import { announce, closeSheets, openSheet, toggle } from "./dom";
import { Failures } from "./failures";
import { Gate } from "./gate";
import { History } from "./history";
import { House } from "./house";
import { OfflineJudge } from "./judge";
import { Kiosk } from "./kiosk";
import { Lens } from "./lens";
import type { Pairing } from "./pairing";
import { Queue } from "./queue";
import { Roster } from "./roster";
import { ACCEPTED_AFTER_END_MS } from "./rules";
import { Search } from "./search";
import { Settings } from "./settings";
import { Signals } from "./signals";
import type { Store } from "./store";
import { say, useTimeZone } from "./texts";
import { Uploader } from "./uploader";
import type { Vault } from "./vault";
import { WalkInForm } from "./walkin";
import { Wedge } from "./wedge";

const NEWS_SHOWN_MS = 12_000;
const REFRESH_MS = 60_000;

/** Who this device is, for everybody who needs to know; nobody before it is paired. */
export class Session {
  paired: Paired | undefined;
}

/** What stands before the page: who it is, whom it asks, what it remembers. */
export type Ground = { session: Session; api: DoorApi; store: Store; vault: Vault; clock: Clock; pairing: Pairing };

/** The parts of the door, put together. */
export class DoorPage {
  private readonly settings = new Settings();
  private readonly kiosk = new Kiosk(this.settings);
  private options: Options = { exit_scanning: true, may_override: false };
  private readonly view = new AnswerView(
    () => this.kiosk.on,
    () => this.options.may_override && this.ground.api.reached,
  );
  private readonly corrections = new Corrections();
  private readonly bar: Bar;
  private readonly roster: Roster;
  private readonly house: House;
  private readonly queue: Queue;
  private readonly uploader: Uploader;
  private readonly search: Search;
  private readonly walkIn: WalkInForm;
  private readonly asking: Asking;
  private readonly history = new History();
  private readonly gate: Gate;
  private readonly lens: Lens;
  private readonly stayAwake: () => void;
  private newsTimer = 0;
  private refreshTimer = 0;

  constructor(
    private readonly ground: Ground,
    video: HTMLVideoElement,
  ) {
    const { session, api, store, vault, clock } = ground;
    const { view, settings } = this;
    const bar = (this.bar = new Bar(api));
    this.roster = new Roster(api, store, vault);
    this.house = new House(store, clock);
    this.queue = new Queue(store, vault, () => session.paired?.event);
    const uploader = (this.uploader = new Uploader(api, this.queue, () => session.paired !== undefined));
    const judge = new OfflineJudge(this.roster, this.house, clock);
    this.gate = new Gate({ api, judge, clock, uploader, view, bar, history: this.history, signals: new Signals(settings), exits: () => this.exits });
    this.search = new Search(api, judge, () => this.roster.data !== undefined);
    this.walkIn = new WalkInForm(clock);
    this.asking = new Asking(api);
    this.lens = new Lens(video, (code) => void this.gate.scan(code));
    this.stayAwake = keepAwake(() => session.paired !== undefined);
    this.wire();
    this.listen();
  }

  /** The scanner if this device is paired, else (or with a new code in the address) the pairing form. */
  async open(withCode: boolean): Promise<void> {
    const known = await this.ground.store.fact<Paired>("paired");
    if (known && !withCode) return this.enter(known);
    show("pair");
    first("#pairing-code", HTMLInputElement)?.focus();
  }

  private wire(): void {
    const { api, pairing } = this.ground;
    api.onContact = (reached, date) => this.contact(reached, date);
    pairing.onPaired = (fresh) => this.pair(fresh);
    const failures = new Failures((id) => void this.queue.done([id]));
    this.queue.onChange = (waiting, unstored, failed) => {
      this.bar.pending(waiting, unstored);
      failures.show(failed);
    };
    this.uploader.onResult = (...said) => {
      const answer = this.gate.late(...said);
      if (answer) this.news(say("late_refusal", { name: answer.name || "–" }));
      this.bar.countSoon();
    };
    this.uploader.onOverCapacity = (name) => this.news(say("late_over_capacity", { name }));
    this.uploader.onWalkedIn = (...said) => this.gate.walkedIn(...said);
    api.onUnpaired = () => void this.revoked();
    this.roster.onChange = () => {
      this.bar.list(this.roster.data?.as_of);
      this.bar.cancelled(this.roster.data?.status === "cancelled");
      if (this.roster.data) this.allow(this.roster.data);
    };
    this.search.onCode = (code) => void this.gate.scan(code);
    this.search.onAdmit = (guests) => void this.gate.admit(guests);
    this.search.onAsking = (attendee) => void this.asking.letIn(attendee);
    this.asking.onLetIn = (...asked) => this.gate.letIn(...asked);
    this.bar.onCounters = ({ asking }) => this.asking.count(asking);
    this.gate.onCancelled = () => void this.refresh();
    this.walkIn.onWalkIn = (entered) => this.gate.walkIn(entered);
    this.settings.onChange = () => this.follow();
    this.corrections.onCorrect = (...asked) => this.gate.correct(...asked);
  }

  private listen(): void {
    new Wedge(
      (code) => this.typed(code),
      () => this.ground.session.paired !== undefined,
    );
    document.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-do]") : null;
      if (button && !(this.kiosk.on && button.dataset["do"] === "menu")) this.act(button);
    });
    document.addEventListener("visibilitychange", () => document.hidden || void this.comeBack());
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
      "walk-in": () => this.walkIn.open(),
      admit: () => this.search.admitTicked(),
      asking: () => this.asking.open(),
      "let-in": () => this.letIn(),
      undo: () => this.undo(button),
      override: () => this.override(),
      menu: () => openSheet("menu"),
      close: () => closeSheets(),
      unpair: () => this.unpair(),
    };
    void actions[button.dataset["do"] ?? ""]?.();
  }

  private undo(button: HTMLElement): void {
    const line = button.closest<HTMLElement>("[data-undo]");
    if (line) this.corrections.open(line.dataset["undo"] ?? "", "undo", first("bdi", HTMLElement, line)?.textContent ?? "");
  }

  private override(): void {
    const { correction, name = "" } = this.view.newest ?? {};
    if (correction) this.corrections.open(correction.scan, correction.way, name);
  }

  private letIn(): Promise<void> | undefined {
    const { asks } = this.view.newest ?? {};
    return asks ? this.asking.letIn(asks) : undefined;
  }

  /** Checking out is the event's option first, and then this device's switch. */
  private get exits(): boolean {
    return this.options.exit_scanning && this.settings.is("exit");
  }

  private allow(options: Partial<Options>): void {
    const { exit_scanning = false, may_override = false } = options;
    this.options = { exit_scanning, may_override };
    toggle("[data-exit-setting]", exit_scanning);
    this.bar.exit(this.exits);
  }

  private follow(): void {
    this.bar.exit(this.exits);
    if (this.kiosk.on) closeSheets();
    this.kiosk.follow();
  }

  private async pair(fresh: Paired): Promise<void> {
    await this.sendEarlier();
    await this.forgetEvent();
    await this.ground.store.remember("paired", fresh);
    history.replaceState(null, "", "/door");
    await this.enter(fresh);
  }

  private async enter(known: Paired): Promise<void> {
    this.ground.session.paired = known;
    useTimeZone(known.timezone);
    this.bar.door(known);
    this.allow(known);
    await this.house.load(known.timezone);
    await this.roster.load(known.event);
    this.follow();
    show("scan");
    this.stayAwake();
    void navigator.storage?.persist?.();
    this.bar.countSoon();
    await this.queue.tell();
    this.uploader.soon();
    void this.refresh();
    await this.lens.startIfAllowed();
  }

  /** Paired with another door, what still waits for the former one is sent first, as the device that it was there. */
  private async sendEarlier(): Promise<void> {
    const { store, vault } = this.ground;
    const known = await store.fact<Paired>("paired");
    if (!known) return;
    let wanted = true;
    const queue = new Queue(store, vault, () => known.event);
    await new Uploader(new DoorApi(() => known.token), queue, () => wanted).send();
    wanted = false;
  }

  /** Another tab may have scanned, or sent what waits. */
  private async comeBack(): Promise<void> {
    await this.house.look();
    await this.refresh();
  }

  private contact(reached: boolean, date: string | null): void {
    if (reached) this.ground.clock.heard(date);
    const recovered = reached && this.online === false;
    this.online = reached;
    this.bar.connection(reached);
    if (!recovered) return;
    this.uploader.soon();
    void this.refresh();
  }

  private online: boolean | undefined;

  /** The newest list, every minute; and the end of it when the event is long over. */
  private async refresh(): Promise<void> {
    clearTimeout(this.refreshTimer);
    if (!this.ground.session.paired) return;
    this.refreshTimer = window.setTimeout(() => void this.refresh(), REFRESH_MS);
    await this.queue.tell();
    try {
      if (!(await this.roster.refresh())) this.news(say("roster_not_stored"));
      this.allow(await this.ground.api.status((await this.queue.waiting()).length, await battery()));
    } catch (error) {
      if (error instanceof Unpaired) return;
    }
    await this.purge();
  }

  private async purge(): Promise<void> {
    const ends = this.roster.data?.ends_at ?? this.ground.session.paired?.ends_at;
    if (!ends || this.ground.clock.now() <= Date.parse(ends) + ACCEPTED_AFTER_END_MS || !(await this.queue.isEmpty())) return;
    await this.leave();
    this.ground.pairing.problem(say("purged"));
  }

  /** Something that needs no answer, for a while. */
  private news(text: string): void {
    announce("[data-late]", text);
    clearTimeout(this.newsTimer);
    this.newsTimer = window.setTimeout(() => announce("[data-late]", ""), NEWS_SHOWN_MS);
  }

  private async revoked(): Promise<void> {
    if (!this.ground.session.paired) return;
    await this.leave();
    this.ground.pairing.problem(say("revoked"));
  }

  private async unpair(): Promise<void> {
    if (!confirm(say("unpair_sure"))) return;
    await this.queue.clear();
    await this.leave();
  }

  /** What still waits stays, sealed: paired with the same event again, this device sends it. */
  private async leave(): Promise<void> {
    this.ground.session.paired = undefined;
    this.lens.stop();
    this.bar.stopCounting();
    this.view.clear();
    this.history.clear();
    closeSheets();
    show("pair");
    await this.forgetEvent();
  }

  private async forgetEvent(): Promise<void> {
    await this.ground.store.forget("paired", "contact");
    await this.roster.forget();
    await this.house.forget();
  }
}

/** How full it is, 0 to 1, in the browsers that tell. */
async function battery(): Promise<number | null> {
  const { getBattery } = navigator as Navigator & { getBattery?: () => Promise<{ level: number }> };
  const found = await getBattery?.call(navigator).catch(() => undefined);
  return found?.level ?? null;
}

export function show(screen: "pair" | "scan"): void {
  const door = first(".door", HTMLElement);
  if (door) door.dataset["screen"] = screen;
  for (const part of all("[data-part]", HTMLElement)) part.hidden = (part.dataset["part"] === "pair") !== (screen === "pair");
}

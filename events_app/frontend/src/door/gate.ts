import { type DoorApi, type Guest, type Result, type Scan, type ScanResult, Unpaired, Unreachable } from "./api";
import { type Answer, type AnswerView, answerTo, answerToSeveral, answerWithoutServer, CHECKING } from "./answer";
import type { Bar } from "./bar";
import type { History } from "./history";
import type { Judge } from "./judge";
import { Repeats } from "./repeats";
import type { Settings } from "./settings";
import type { Signals } from "./signals";
import type { Uploader } from "./uploader";

const NOTICED_MS = 400;

/** One code or one person in, one answer out, wherever they came from. */
export type Parts = {
  api: DoorApi;
  judge: Judge;
  uploader: Uploader;
  view: AnswerView;
  bar: Bar;
  history: History;
  signals: Signals;
  settings: Settings;
};

export class Gate {
  onUnpaired: () => void = () => {};

  private readonly repeats = new Repeats();
  private newest = 0;

  constructor(private readonly parts: Parts) {}

  async scan(code: string): Promise<void> {
    if (this.repeats.isRepeat(code, Date.now())) return;
    const turn = ++this.newest;
    const scan = this.made(code);
    const waiting = setTimeout(() => turn === this.newest && this.parts.view.show(CHECKING), NOTICED_MS);
    try {
      this.answer(turn, scan.id, answerTo(await this.parts.judge.judge(scan)));
    } catch (error) {
      if (error instanceof Unreachable) this.answer(turn, scan.id, answerWithoutServer(code, await this.keep(scan)));
      else this.fail(error);
    } finally {
      clearTimeout(waiting);
    }
  }

  async admit(guests: Guest[]): Promise<boolean> {
    const turn = ++this.newest;
    const id = crypto.randomUUID();
    try {
      const results = await this.parts.api.admit(id, guests.map((guest) => guest.attendee_id));
      this.answer(turn, id, answerToSeveral(results));
      return true;
    } catch (error) {
      if (!(error instanceof Unreachable)) this.fail(error);
      return false;
    }
  }

  /** Answers to scans that had been waiting; returns the ones that were not let in after all. */
  late(results: ScanResult[]): Answer[] {
    const answers = results.map((result) => answerTo(result));
    results.forEach((result, place) => this.parts.history.update(result.id, answers[place] as Answer));
    this.parts.bar.countSoon();
    const fine: Result[] = ["admitted", "left"];
    return answers.filter((answer) => !fine.includes(answer.look as Result));
  }

  /** As a scan that happened, to be checked when the network is back; false if the device can't store it. */
  private async keep(scan: Scan): Promise<boolean> {
    try {
      await this.parts.uploader.keep({ ...scan, offline: true });
      return true;
    } catch {
      return false;
    }
  }

  private made(code: string): Scan {
    const direction = this.parts.settings.is("exit") ? "exit" : "entry";
    // Half a surrogate is no text, and would make the server refuse the whole request.
    const text = code.replace(/[\ud800-\udfff]/gu, "\ufffd");
    return { id: crypto.randomUUID(), code: text, scanned_at: new Date().toISOString(), direction, offline: false, shown: null };
  }

  /** An answer that was overtaken by a newer scan goes into the history only. */
  private answer(turn: number, id: string, answer: Answer): void {
    this.parts.history.add(id, answer);
    this.parts.bar.countSoon();
    if (turn !== this.newest) return;
    this.parts.view.show(answer);
    this.parts.signals.give(answer.look);
  }

  private fail(error: unknown): void {
    if (error instanceof Unpaired) this.onUnpaired();
    else throw error;
  }
}

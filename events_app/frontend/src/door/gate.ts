import { type Admission, type Direction, type DoorApi, type Guest, Refused, type Result, type Scan, type ScanResult, type WalkedIn, type WalkIn, type Way, Unpaired, Unreachable } from "./api";
import { type Answer, type AnswerView, answerOffline, answerTo, answerToGroup, answerToCorrection, answerToSeveral, answerToWalkIn, answerWithoutServer, CHECKING, isTyped, locked } from "./answer";
import type { Bar } from "./bar";
import type { Clock } from "./clock";
import type { History } from "./history";
import type { Judged, OfflineJudge } from "./judge";
import type { Item } from "./queue";
import { Repeats } from "./repeats";
import type { Signals } from "./signals";
import type { Uploader } from "./uploader";

const NOTICED_MS = 400;
const CONFLICT = 409;

type Said = Pick<Judged, "result" | "reason" | "first">;

/** One code or one person in, one answer out, wherever they came from. */
export type Parts = {
  api: DoorApi;
  judge: OfflineJudge;
  clock: Clock;
  uploader: Uploader;
  view: AnswerView;
  bar: Bar;
  history: History;
  signals: Signals;
  /** Whether scans count as leaving. */
  exits: () => boolean;
};

export class Gate {
  /** The whole event may be what was cancelled: the newest list says so. */
  onCancelled: () => void = () => {};

  private readonly repeats = new Repeats();
  private newest = 0;
  /** The codes of scans that may yet be corrected. */
  private readonly codes = new Map<string, string>();

  constructor(private readonly parts: Parts) {}

  async scan(code: string): Promise<void> {
    if (this.repeats.isRepeat(code, performance.now()) || this.isLocked()) return;
    const turn = ++this.newest;
    const scan = this.made(code);
    const waiting = setTimeout(() => turn === this.newest && this.parts.view.show(CHECKING), NOTICED_MS);
    try {
      this.answer(turn, scan.id, await this.judged(scan));
    } catch (error) {
      this.fail(error);
    } finally {
      clearTimeout(waiting);
    }
  }

  async admit(guests: Guest[]): Promise<void> {
    if (this.isLocked()) return;
    const turn = ++this.newest;
    const id = crypto.randomUUID();
    const ids = guests.flatMap((guest) => guest.attendee_id ?? []);
    try {
      const answer = ids.length === guests.length ? await this.admitByServer(id, guests, ids) : await this.admitAlone(guests);
      this.answer(turn, id, answer);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Resolves to what the server has against it; to nothing once the person is in, or the device has kept them. */
  async walkIn(entered: WalkIn): Promise<Refused | undefined> {
    if (this.isLocked()) return undefined;
    const turn = ++this.newest;
    try {
      this.answer(turn, entered.id, answerToWalkIn(entered.id, await this.parts.api.walkIn(entered)));
    } catch (error) {
      if (error instanceof Refused) return error;
      if (!(error instanceof Unreachable)) return void this.fail(error);
      if (this.parts.judge.eventCancelled) return new Refused(CONFLICT, "event_cancelled", []);
      const stored = await this.keep({ kind: "walk-in", walkIn: { ...entered, offline: true } });
      const { given_name, family_name, organisation } = entered;
      this.answer(turn, entered.id, answerOffline("admitted", `${given_name} ${family_name}`, organisation.name, "walk_in_kept", stored));
    }
    return undefined;
  }

  /** Somebody who came by the poster when all seats were taken; resolves to what is against it. */
  async letIn(attendee: string, scan: string, beyond: boolean): Promise<Refused | Unreachable | undefined> {
    if (this.isLocked()) return undefined;
    const turn = ++this.newest;
    try {
      const made = await this.parts.api.letIn(attendee, { id: scan, at: this.time(), over_capacity: beyond });
      this.codes.set(scan, made.short_code);
      this.parts.judge.learn(made.short_code, made.result, made.first_scanned_at);
      this.answer(turn, scan, answerToWalkIn(scan, made));
    } catch (error) {
      if (error instanceof Refused || error instanceof Unreachable) return error;
      this.fail(error);
    }
    return undefined;
  }

  /** Take a scan back, or admit in spite of its refusal; rejects as the API does. */
  async correct(scan: string, way: Way, reason: string): Promise<void> {
    const turn = ++this.newest;
    const corrected = await this.parts.api.correct(scan, way, reason);
    const answer = answerToCorrection(way, corrected);
    const code = this.codes.get(scan) ?? "";
    this.codes.set(corrected.id, code);
    this.parts.judge.learn(code, corrected.inside ? "admitted" : "left", null);
    if (way === "override") return this.answer(turn, corrected.id, answer);
    this.parts.history.undone(scan, answer);
    this.parts.bar.countSoon();
    this.show(answer);
  }

  /** The server's answer to what had been waiting; returns it if something else was told at the door (`shown`). */
  late(result: ScanResult, shown: Result | null, code: string, id: string): Answer | undefined {
    const answer = answerTo(result, this.parts.judge.eventCancelled);
    this.parts.history.update(id, answer);
    this.codes.set(result.scan_id ?? result.id, code);
    this.parts.judge.learn(code, result.result, result.first_scanned_at);
    const agreed: (Result | null)[] = shown === null ? ["admitted", "left"] : [shown];
    return agreed.includes(result.result) ? undefined : answer;
  }

  /** As `late`, of somebody who came without a registration. */
  walkedIn(id: string, made: WalkedIn): void {
    this.parts.history.update(id, answerToWalkIn(id, made));
  }

  /** By the server, and where that can't be reached at once by this device: a queue must not wait for the network. */
  private async judged(scan: Scan): Promise<Answer> {
    if (!this.parts.api.reached) {
      const answer = await this.judgedAlone(scan);
      if (answer) return answer;
    }
    try {
      return await this.judgedByServer(scan);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      return (await this.judgedAlone(scan)) ?? this.unjudged(scan);
    }
  }

  private async judgedByServer(scan: Scan): Promise<Answer> {
    const [result] = await this.parts.api.scan([scan]);
    if (!result) throw new Error("no result for a scan");
    this.codes.set(scan.id, scan.code);
    this.parts.judge.learn(scan.code, result.result, result.first_scanned_at);
    if (result.reason === "cancelled") this.onCancelled();
    return answerTo(result, this.parts.judge.eventCancelled);
  }

  /** A short code that is not on the roster is not kept: nobody was let in with it, and it may be mistyped. */
  private async judgedAlone(scan: Scan): Promise<Answer | undefined> {
    const judged = await this.parts.judge.judge(scan.code, scan.direction);
    if (!judged) return undefined;
    const { ticket, result, reason } = judged;
    const kept = { ...scan, offline: true, shown: result };
    const nothing = reason === "unknown_ticket" && isTyped(scan.code);
    const stored = nothing || (await this.keep({ kind: "scan", scan: kept }));
    const detail = reason === "cancelled" && this.parts.judge.eventCancelled ? "event_cancelled" : detailOf(judged, scan.code);
    return answerOffline(result, ticket?.name ?? "", ticket?.organisation ?? "", detail, stored, judged.first);
  }

  private async unjudged(scan: Scan): Promise<Answer> {
    return answerWithoutServer(scan.code, await this.keep({ kind: "scan", scan: { ...scan, offline: true } }));
  }

  private async admitByServer(id: string, guests: Guest[], ids: string[]): Promise<Answer> {
    const admission = { id, attendee_ids: ids, at: this.time(), offline: false };
    try {
      const results = await this.parts.api.admit(admission);
      results.forEach((result, place) => {
        const code = guests[place]?.short_code ?? "";
        if (result.scan_id) this.codes.set(result.scan_id, code);
        this.parts.judge.learn(code, result.result, result.first_scanned_at);
      });
      return answerToSeveral(results);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return this.parts.judge.eventCancelled ? this.admitAlone(guests) : this.keepAdmission(admission, guests);
    }
  }

  /** The request may have arrived: the same id makes it count once. Only those are sent whom this device lets in. */
  private async keepAdmission(admission: Admission, guests: Guest[]): Promise<Answer> {
    const said: Said[] = [];
    for (const guest of guests) said.push(await this.saidOf(guest));
    const inside = guests.filter((_, place) => said[place]?.result === "admitted");
    const [names, codes] = [inside.map((guest) => guest.name), inside.map((guest) => guest.short_code)];
    const sent = { ...admission, attendee_ids: inside.flatMap((guest) => guest.attendee_id ?? []), offline: true };
    const stored = inside.length === 0 || (await this.keep({ kind: "admission", admission: sent, names, codes }));
    const answers = guests.map(({ name, organisation }, place) => {
      const { result, reason, first } = said[place] as Said;
      return answerOffline(result, name, organisation, reason ?? result, stored, first);
    });
    const [only] = answers;
    if (only && answers.length === 1) return only;
    return inside.length === guests.length ? answerToGroup(names, stored) : answerToSeveral(answers.map(asResult));
  }

  /** What the server has just said of somebody found by name, and what this device has seen. */
  private async saidOf({ status, inside, admitted_at, short_code }: Guest): Promise<Said> {
    if (status !== "confirmed") return { result: "refused", reason: status, first: undefined };
    if (inside) return { result: "already_inside", reason: null, first: new Date(admitted_at ?? "").getTime() };
    const judged = await this.parts.judge.judge(short_code, "entry");
    return judged?.result === "already_inside" ? judged : { result: "admitted", reason: null, first: undefined };
  }

  /** From the roster: each by the short code on it, as if it had been typed. */
  private async admitAlone(guests: Guest[]): Promise<Answer> {
    const answers: Answer[] = [];
    for (const guest of guests) answers.push((await this.judgedAlone({ ...this.made(guest.short_code), direction: "entry" })) as Answer);
    const [only] = answers;
    return only && answers.length === 1 ? only : answerToSeveral(answers.map(asResult));
  }

  /** Nobody is let in or turned away by a device that the server may have withdrawn long ago. */
  private isLocked(): boolean {
    if (!this.parts.clock.leaseOver()) return false;
    this.newest += 1;
    this.show(locked());
    this.parts.bar.countSoon();
    return true;
  }

  private keep(item: Item): Promise<boolean> {
    return this.parts.uploader.keep(item);
  }

  private made(code: string): Scan {
    const direction: Direction = this.parts.exits() ? "exit" : "entry";
    // Half a surrogate is no text, and would make the server refuse the whole request.
    const text = code.replace(/[\ud800-\udfff]/gu, "\ufffd");
    return { id: crypto.randomUUID(), code: text, scanned_at: this.time(), direction, offline: false, shown: null };
  }

  private time(): string {
    return new Date(this.parts.clock.now()).toISOString();
  }

  /** An answer that was overtaken by a newer scan goes into the history only. */
  private answer(turn: number, id: string, answer: Answer): void {
    this.parts.history.add(id, answer);
    this.parts.bar.countSoon();
    if (turn === this.newest) this.show(answer);
  }

  private show(answer: Answer): void {
    this.parts.view.show(answer);
    this.parts.signals.give(answer.look);
  }

  /** That the device is unpaired is told to the page. */
  private fail(error: unknown): void {
    if (!(error instanceof Unpaired)) throw error;
  }
}

function detailOf({ result, reason, unlisted }: Judged, code: string): string {
  if (unlisted && result === "admitted") return "unlisted";
  if (reason === "unknown_ticket" && isTyped(code)) return "unlisted_short";
  return reason ?? result;
}

function asResult({ look, name, organisation }: Answer): ScanResult {
  return { id: "", result: look as Result, reason: null, attendee: { name, organisation }, first_scanned_at: null, conflict: false };
}

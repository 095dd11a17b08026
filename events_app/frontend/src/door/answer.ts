import { first } from "../lib/dom";
import type { Corrected, Result, ScanResult, WalkedIn, Way } from "./api";
import { announce, toggle, write } from "./dom";
import { say, timeOf } from "./texts";

/** The answer over the whole screen; the next scan replaces it without a tap. */
export type Look = Result | "asks" | "kept" | "checking" | "locked" | "undone";
/** `mark`: what is unusual about it, in a few words; `asks`: the attendee on whom a helper decides here and now. */
export type Answer = { look: Look; name: string; organisation: string; detail: string; list: string[]; mark?: string; correction?: Correction | undefined; asks?: string | undefined };
/** The scan that the server knows, and what may be done about it. */
export type Correction = { scan: string; way: Way };

/** How long each stands unless something newer comes; 0: until then, but where nobody can tap (kiosk). */
const SHOWN_MS: Record<Look, number> = { admitted: 2500, left: 2500, already_inside: 0, refused: 0, asks: 0, kept: 0, checking: 0, locked: 0, undone: 2500 };
const KIOSK_MS = 6000;
const SHORT_CODE_GROUPS = /^(.{4})(.{4})$/;

export const CHECKING: Answer = { look: "checking", name: "", organisation: "", detail: "", list: [] };

/** `eventCancelled`: then nobody's own place is what was cancelled. */
export function answerTo(result: ScanResult, eventCancelled = false): Answer {
  const { name = "", organisation = "" } = result.attendee ?? {};
  const key = result.asks ? "asks" : keyOf(result, eventCancelled);
  const answer = { look: result.result, name, organisation, detail: said(key, result.first_scanned_at, result.door ?? ""), list: [] };
  return result.asks ? { ...answer, look: "asks", asks: result.asks } : { ...answer, correction: correctionOf(result) };
}

/** Only what proved to be a person of this event can be admitted in spite of it. */
function correctionOf({ id, scan_id, result, attendee }: ScanResult): Correction | undefined {
  const scan = scan_id ?? id;
  if (result === "refused") return attendee ? { scan, way: "override" } : undefined;
  return result === "already_inside" ? undefined : { scan, way: "undo" };
}

/** A scan was taken back, or somebody admitted in spite of a refusal. */
export function answerToCorrection(way: Way, { id, attendee }: Corrected): Answer {
  const { name = "", organisation = "" } = attendee ?? {};
  if (way === "undo") return { look: "undone", name, organisation, detail: say("undone"), list: [] };
  return { look: "admitted", name, organisation, detail: say("overridden"), list: [], correction: { scan: id, way: "undo" } };
}

/** This device's own judgement; `stored`: it will be sent even if the page is closed. */
export function answerOffline(look: Result, name: string, organisation: string, key: string, stored: boolean, first?: number): Answer {
  const detail = [said(key, first ?? null), stored ? "" : say("not_stored")].filter(Boolean).join(" ");
  const answer = { look, name, organisation, detail, list: [] };
  return key === "unlisted" ? { ...answer, mark: say("mark_unlisted") } : answer;
}

/** Nobody could judge it: a typed code is shown, so that it can be compared. `stored`: it will be judged later. */
export function answerWithoutServer(code: string, stored: boolean): Answer {
  return { look: "kept", name: isTyped(code) ? code : "", organisation: "", detail: say(stored ? "kept" : "not_kept"), list: [] };
}

/** Somebody without a registration is in; the short code is theirs from now on. */
export function answerToWalkIn(scan: string, made: WalkedIn): Answer {
  const detail = say("walk_in_done", { code: made.short_code.replace(SHORT_CODE_GROUPS, "$1-$2") });
  return { look: made.result, name: made.name, organisation: made.organisation, detail, list: [], correction: { scan, way: "undo" } };
}

export function answerToGroup(names: string[], stored: boolean): Answer {
  return { ...answerOffline("admitted", say("people", { count: names.length }), "", "admitted", stored), list: names };
}

/** The server has not been heard of for too long: this device may have been withdrawn. */
export function locked(): Answer {
  return { look: "locked", name: "", organisation: "", detail: say("lease_over"), list: [] };
}

/** Short enough to have been typed by hand. */
export function isTyped(code: string): boolean {
  return code.length <= 12;
}

function keyOf({ result, reason, door }: ScanResult, eventCancelled: boolean): string {
  if (reason === "cancelled" && eventCancelled) return "event_cancelled";
  if (result === "refused") return reason ?? "unknown_ticket";
  return result === "already_inside" && door ? "already_inside_door" : result;
}

function said(key: string, first: string | number | null, door = ""): string {
  return say(key, { time: first === null ? "" : timeOf(first), door });
}

/** Several people admitted together: one look for all, the exceptions by name. */
export function answerToSeveral(results: ScanResult[]): Answer {
  const [only] = results;
  if (only && results.length === 1) return answerTo(only);
  const failed = results.filter((result) => result.result !== "admitted");
  const admitted = results.length - failed.length;
  if (failed.length === 0) return answerToGroup(results.map((result) => result.attendee?.name ?? "–"), true);
  const detail = say("several", { admitted, others: failed.length });
  const list = failed.map((result) => `${result.attendee?.name ?? "–"}: ${say(`word_${result.result}`)}`);
  const look = failed.some((result) => result.result === "refused") ? "refused" : "already_inside";
  return { look, name: say("people", { count: results.length }), organisation: "", detail, list };
}

export class AnswerView {
  private readonly panel = first("[data-door-answer]", HTMLElement);
  private readonly door = first(".door", HTMLElement);
  private readonly below = first(".door-view", HTMLElement);
  private timer = 0;

  /** The answer that stands, or stood last. */
  newest: Answer | undefined;

  /** `unattended`: nobody stands by to tap an answer away. */
  constructor(
    private readonly unattended: () => boolean,
    private readonly mayOverride: () => boolean,
  ) {
    this.panel?.addEventListener("click", () => this.clear());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.clear();
    });
  }

  show(answer: Answer): void {
    const { panel, door } = this;
    if (!panel || !door) return;
    clearTimeout(this.timer);
    this.newest = answer;
    toggle("[data-do=override]", answer.correction?.way === "override" && this.mayOverride());
    toggle("[data-do=let-in]", answer.asks !== undefined);
    // Taken away and put back, so that the same answer twice is read out (and flashes) twice.
    panel.hidden = true;
    panel.dataset["result"] = answer.look;
    write("[data-door-name]", answer.name);
    write("[data-door-organisation]", answer.organisation);
    write("[data-door-detail]", answer.detail);
    announce("[data-door-mark]", answer.mark ?? "");
    first("[data-door-list]", HTMLElement, panel)?.replaceChildren(...answer.list.map(line));
    void panel.offsetWidth;
    panel.hidden = false;
    this.below?.toggleAttribute("inert", true);
    panel.scrollTop = 0;
    door.dataset["answer"] = answer.look;
    const shown = SHOWN_MS[answer.look] || (this.unattended() ? KIOSK_MS : 0);
    if (shown) this.timer = window.setTimeout(() => this.clear(), shown);
  }

  clear(): void {
    clearTimeout(this.timer);
    if (this.panel) this.panel.hidden = true;
    this.below?.toggleAttribute("inert", false);
    if (this.door) delete this.door.dataset["answer"];
  }
}

function line(text: string): HTMLLIElement {
  const item = document.createElement("li");
  const name = document.createElement("bdi");
  name.textContent = text;
  item.append(name);
  return item;
}

import { first } from "../lib/dom";
import type { Result, ScanResult } from "./api";
import { write } from "./dom";
import { say, timeOf } from "./texts";

/** The answer over the whole screen; the next scan replaces it without a tap. */
export type Look = Result | "kept" | "checking";
export type Answer = { look: Look; name: string; organisation: string; detail: string; list: string[] };

/** How long each stands unless something newer comes; 0: until then. */
const SHOWN_MS: Record<Look, number> = { admitted: 2500, left: 2500, already_inside: 0, refused: 0, kept: 0, checking: 0 };

export function answerTo(result: ScanResult): Answer {
  const key = result.result === "refused" ? (result.reason ?? "unknown_ticket") : result.result;
  const time = result.first_scanned_at ? timeOf(result.first_scanned_at) : "";
  const { name = "", organisation = "" } = result.attendee ?? {};
  return { look: result.result, name, organisation, detail: say(key, { time }), list: [] };
}

export const CHECKING: Answer = { look: "checking", name: "", organisation: "", detail: "", list: [] };

/** Nobody could judge it: a typed code is shown, so that it can be compared. `kept`: it will be judged later. */
export function answerWithoutServer(code: string, kept: boolean): Answer {
  const name = code.length <= 12 ? code : "";
  return { look: "kept", name, organisation: "", detail: say(kept ? "kept" : "not_kept"), list: [] };
}

/** Several people admitted together: one look for all, the exceptions by name. */
export function answerToSeveral(results: ScanResult[]): Answer {
  const [only] = results;
  if (only && results.length === 1) return answerTo(only);
  const failed = results.filter((result) => result.result !== "admitted");
  const admitted = results.length - failed.length;
  const names = (of: ScanResult[]): string[] => of.map((result) => result.attendee?.name ?? "–");
  if (failed.length === 0) {
    const list = names(results);
    return { look: "admitted", name: say("people", { count: admitted }), organisation: "", detail: say("admitted"), list };
  }
  const detail = say("several", { admitted, others: failed.length });
  const list = failed.map((result) => `${result.attendee?.name ?? "–"}: ${say(`word_${result.result}`)}`);
  const look = failed.some((result) => result.result === "refused") ? "refused" : "already_inside";
  return { look, name: say("people", { count: results.length }), organisation: "", detail, list };
}

export class AnswerView {
  private readonly panel = first("[data-door-answer]", HTMLElement);
  private readonly door = first(".door", HTMLElement);
  private timer = 0;

  constructor() {
    this.panel?.addEventListener("click", () => this.clear());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.clear();
    });
  }

  show(answer: Answer): void {
    const { panel, door } = this;
    if (!panel || !door) return;
    clearTimeout(this.timer);
    // Taken away and put back, so that the same answer twice is read out (and flashes) twice.
    panel.hidden = true;
    panel.dataset["result"] = answer.look;
    write("[data-door-name]", answer.name);
    write("[data-door-organisation]", answer.organisation);
    write("[data-door-detail]", answer.detail);
    first("[data-door-list]", HTMLElement, panel)?.replaceChildren(...answer.list.map(line));
    void panel.offsetWidth;
    panel.hidden = false;
    panel.scrollTop = 0;
    door.dataset["answer"] = answer.look;
    const shown = SHOWN_MS[answer.look];
    if (shown) this.timer = window.setTimeout(() => this.clear(), shown);
  }

  clear(): void {
    clearTimeout(this.timer);
    if (this.panel) this.panel.hidden = true;
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

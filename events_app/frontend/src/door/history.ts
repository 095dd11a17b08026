import { first } from "../lib/dom";
import type { Answer, Look } from "./answer";
import { toggle } from "./dom";
import { say, timeOf } from "./texts";

/** The last scans of this device, newest first; one that was checked later gets its answer then. */
const KEPT = 30;

export class History {
  private readonly list = first("[data-history]", HTMLElement);

  add(id: string, answer: Answer): void {
    const line = document.createElement("li");
    line.dataset["scan"] = id;
    const time = document.createElement("time");
    time.textContent = timeOf(Date.now());
    const who = document.createElement("bdi");
    const undo = document.createElement("button");
    undo.type = "button";
    undo.dataset["do"] = "undo";
    undo.textContent = say("undo");
    line.append(time, who, document.createElement("span"), undo);
    this.list?.prepend(line);
    while ((this.list?.children.length ?? 0) > KEPT) this.list?.lastElementChild?.remove();
    fill(line, answer);
    toggle("[data-history-empty]", false);
  }

  update(id: string, answer: Answer): void {
    const line = this.list && first(`[data-scan="${CSS.escape(id)}"]`, HTMLElement, this.list);
    if (line) fill(line, answer);
  }

  clear(): void {
    this.list?.replaceChildren();
    toggle("[data-history-empty]", true);
  }

  /** The line of that scan was taken back, by whichever of its ids. */
  undone(scan: string, answer: Answer): void {
    const line = this.list && first(`[data-undo="${CSS.escape(scan)}"]`, HTMLElement, this.list);
    if (line) fill(line, answer);
  }
}

function fill(line: HTMLElement, answer: Answer): void {
  line.dataset["result"] = answer.look;
  const { scan, way } = answer.correction ?? {};
  line.dataset["undo"] = way === "undo" ? scan : "";
  const undo = first("button", HTMLElement, line);
  if (undo) undo.hidden = way !== "undo";
  const who = first("bdi", HTMLElement, line);
  if (who) who.textContent = answer.name || "–";
  const word = first("span", HTMLElement, line);
  if (word) word.textContent = say(`word_${answer.look satisfies Look}`);
}

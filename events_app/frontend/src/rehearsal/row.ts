import { toggle } from "../door/dom";
import { say } from "../door/texts";
import { all, first } from "../lib/dom";

export type State = "idle" | "running" | "ask" | "good" | "bad" | "skipped";
export type Verdict = { state: "good" | "bad" | "skipped"; text: string };

export const good = (key: string, values: Record<string, string | number> = {}): Verdict => ({ state: "good", text: say(key, values) });
export const bad = (key: string, values: Record<string, string | number> = {}): Verdict => ({ state: "bad", text: say(key, values) });

/** One thing that is tested, as the page shows it: a sign, a word, and what to do. */
export class Row {
  private answered: ((answer: string) => void) | undefined;

  constructor(private readonly frame: HTMLElement) {
    for (const button of all("[data-answer]", HTMLButtonElement, frame)) {
      button.addEventListener("click", () => this.answered?.(button.dataset["answer"] ?? ""));
    }
  }

  get state(): State {
    return (this.frame.dataset["state"] as State | undefined) ?? "idle";
  }

  show(state: State, text: string): void {
    this.frame.dataset["state"] = state;
    const [word, note] = ["[data-word]", "[data-note]"].map((part) => first(part, HTMLElement, this.frame));
    if (word) word.textContent = text ? `${say(`state_${state}`)}:` : say(`state_${state}`);
    if (note) note.textContent = text;
    const id = this.frame.dataset["check"] ?? "";
    toggle(`[data-check="${id}"] [data-ask]`, state === "ask");
    toggle(`[data-check="${id}"] [data-again]`, state !== "idle" && state !== "running" && state !== "ask");
  }

  /** What the person answers to a question that no program can answer. */
  async ask(text: string): Promise<string> {
    this.show("ask", text);
    const yes = first('[data-answer="yes"]', HTMLButtonElement, this.frame);
    yes?.focus();
    return new Promise((resolve) => {
      this.answered = resolve;
    });
  }

  onAgain(run: () => void): void {
    first("[data-again]", HTMLButtonElement, this.frame)?.addEventListener("click", run);
  }
}

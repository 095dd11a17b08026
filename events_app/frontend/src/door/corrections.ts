import { all, first } from "../lib/dom";
import { Refused, Unreachable, type Way } from "./api";
import { announce, closeSheets, openSheet, write } from "./dom";
import { say } from "./texts";

/** Why something is taken back or overruled: one of the usual reasons, or a helper's own words. Both are recorded. */
export class Corrections {
  onCorrect: (scan: string, way: Way, reason: string) => Promise<void> = async () => {};

  private readonly form = first("[data-correction-form]", HTMLFormElement);
  private readonly field = first("#correction-reason", HTMLInputElement);
  private scan = "";
  private way: Way = "undo";
  private busy = false;

  constructor() {
    this.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    for (const button of all("[data-reason]", HTMLElement, this.form)) button.addEventListener("click", () => this.fill(button.textContent ?? ""));
  }

  open(scan: string, way: Way, name: string): void {
    [this.scan, this.way] = [scan, way];
    this.form?.reset();
    announce("[data-correction-problem]", "");
    write("[data-correction-title]", say(`${way}_title`));
    write("[data-correction-name]", name);
    for (const button of all("[data-reason]", HTMLElement, this.form)) button.hidden = button.dataset["reason"] !== way;
    closeSheets();
    openSheet("correction");
  }

  private fill(reason: string): void {
    if (this.field) this.field.value = reason.trim();
    void this.send();
  }

  private async send(): Promise<void> {
    const reason = this.field?.value.trim() ?? "";
    if (this.busy) return;
    if (!reason) return announce("[data-correction-problem]", say("required"));
    this.busy = true;
    try {
      await this.onCorrect(this.scan, this.way, reason);
      closeSheets();
    } catch (error) {
      announce("[data-correction-problem]", problem(error));
    } finally {
      this.busy = false;
    }
  }
}

function problem(error: unknown): string {
  if (error instanceof Unreachable) return say("correction_offline");
  if (error instanceof Refused) return say(error.status === 403 ? "correction_forbidden" : "correction_late");
  throw error;
}

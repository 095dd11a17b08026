import { all, first } from "../lib/dom";
import type { Refused, WalkIn } from "./api";
import type { Clock } from "./clock";
import { announce, closeSheets, openSheet, toggle } from "./dom";
import { say } from "./texts";

/** Somebody who came without a registration: the few things that the list needs of them. */
export class WalkInForm {
  /** Resolves to what the server has against it. */
  onWalkIn: (entered: WalkIn) => Promise<Refused | undefined> = async () => undefined;

  private readonly form = first("[data-walk-in-form]", HTMLFormElement);
  /** Made once for each person, so that pressing twice registers them once. */
  private id = "";
  private busy = false;

  constructor(private readonly clock: Clock) {
    this.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  open(): void {
    this.id = crypto.randomUUID();
    this.form?.reset();
    this.clean();
    toggle("[data-over-capacity]", false);
    closeSheets();
    openSheet("walk-in");
    first("[name=given_name]", HTMLInputElement, this.form)?.focus();
  }

  private async send(): Promise<void> {
    this.clean();
    const missing = all("[required]", HTMLElement, this.form).filter((field) => !isFilled(field));
    for (const field of missing) this.complain(field, say("required"));
    if (missing.length) return missing[0]?.focus();
    if (this.busy) return;
    this.busy = true;
    const refused = await this.onWalkIn(this.entered()).finally(() => (this.busy = false));
    if (refused) this.tell(refused);
    else first('[data-sheet="walk-in"]', HTMLDialogElement)?.close();
  }

  private entered(): WalkIn {
    const said = new FormData(this.form);
    const text = (name: string): string => String(said.get(name) ?? "").trim();
    return {
      id: this.id,
      given_name: text("given_name"),
      family_name: text("family_name"),
      email: text("email") || null,
      organisation: { name: text("organisation"), kind: text("kind") },
      consents: { privacy: said.has("privacy") },
      at: new Date(this.clock.now()).toISOString(),
      offline: false,
      over_capacity: said.has("over_capacity"),
    };
  }

  private tell({ code, errors }: Refused): void {
    for (const { field, message } of errors) {
      const place = first(`[data-field="${CSS.escape(field)}"]`, HTMLElement, this.form);
      if (place) this.complain(place, message);
    }
    toggle("[data-over-capacity]", code === "event_full");
    const known = ["event_full", "duplicate_attendee", "event_cancelled"];
    announce("[data-walk-in-problem]", say(known.includes(code) ? `walk_in_${code}` : "walk_in_wrong"));
  }

  private complain(field: HTMLElement, message: string): void {
    field.setAttribute("aria-invalid", "true");
    const place = document.getElementById(field.getAttribute("aria-describedby") ?? "");
    if (place) place.textContent = message;
  }

  private clean(): void {
    announce("[data-walk-in-problem]", "");
    for (const field of all("[aria-invalid]", HTMLElement, this.form)) field.removeAttribute("aria-invalid");
    for (const place of all(".door-field-problem", HTMLElement, this.form)) place.textContent = "";
  }
}

function isFilled(field: HTMLElement): boolean {
  if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked;
  return !(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || field.value.trim() !== "";
}

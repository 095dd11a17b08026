import { first } from "../lib/dom";
import { DoorApi, type Guest, Unreachable } from "./api";
import { write } from "./dom";
import { say, timeOf } from "./texts";

/** Guests without a code: found by name or organisation, admitted one by one or ticked together. */
const PATIENCE_MS = 120;
const SHORT_CODE = /^(?=.*\d)[0-9a-z]{4}[\s-]?[0-9a-z]{4}$/i;

export class Search {
  onCode: (code: string) => void = () => {};
  onAdmit: (guests: Guest[]) => void = () => {};

  private readonly sheet = first('[data-sheet="search"]', HTMLDialogElement);
  private readonly field = first("#door-search", HTMLInputElement);
  private readonly list = first("[data-found]", HTMLElement);
  private readonly ticked = new Map<string, Guest>();
  private timer = 0;
  private asked = "";

  constructor(private readonly api: DoorApi) {
    this.field?.addEventListener("input", () => this.lookSoon());
    first("[data-search-form]", HTMLFormElement)?.addEventListener("submit", (event) => this.submit(event));
    this.sheet?.addEventListener("close", () => this.reset());
  }

  open(): void {
    if (!this.sheet || this.sheet.open) return;
    this.reset();
    this.sheet.showModal();
    this.field?.focus();
  }

  close(): void {
    this.sheet?.close();
  }

  admitTicked(): void {
    this.admit([...this.ticked.values()]);
  }

  private admit(guests: Guest[]): void {
    if (guests.length === 0) return;
    this.close();
    this.onAdmit(guests);
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const text = this.field?.value.trim() ?? "";
    if (SHORT_CODE.test(text)) {
      this.close();
      this.onCode(text);
    } else {
      void this.look();
    }
  }

  private reset(): void {
    this.ticked.clear();
    this.asked = "";
    if (this.field) this.field.value = "";
    this.list?.replaceChildren();
    this.note("");
    this.offer();
  }

  private lookSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), PATIENCE_MS);
  }

  private async look(): Promise<void> {
    const words = this.field?.value.trim() ?? "";
    if (words === this.asked) return;
    this.asked = words;
    if (!words) return this.show([], "");
    try {
      const found = await this.api.search(words);
      if (words === this.asked) this.show(found, found.length ? "" : say("nobody"));
    } catch (error) {
      if (words === this.asked) this.show([], error instanceof Unreachable ? say("search_offline") : "");
    }
  }

  private show(guests: Guest[], note: string): void {
    this.note(note);
    this.list?.replaceChildren(...guests.map((guest) => this.row(guest)));
  }

  private note(text: string): void {
    write("[data-search-note]", text);
  }

  private row(guest: Guest): HTMLLIElement {
    const row = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = this.ticked.has(guest.attendee_id);
    box.addEventListener("change", () => this.tick(guest, box.checked));
    label.append(box, this.words(guest));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = say("admit");
    button.addEventListener("click", () => this.admit([guest]));
    row.append(label, button);
    return row;
  }

  private words(guest: Guest): HTMLElement {
    const words = document.createElement("span");
    const name = document.createElement("bdi");
    const about = document.createElement("small");
    name.textContent = guest.name;
    about.textContent = [guest.organisation, this.state(guest)].filter(Boolean).join(" · ");
    words.append(name, about);
    return words;
  }

  private state(guest: Guest): string {
    if (guest.status !== "confirmed") return say(`status_${guest.status}`);
    if (!guest.admitted_at) return "";
    return say(guest.inside ? "inside_since" : "was_inside", { time: timeOf(guest.admitted_at) });
  }

  private tick(guest: Guest, on: boolean): void {
    if (on) this.ticked.set(guest.attendee_id, guest);
    else this.ticked.delete(guest.attendee_id);
    this.offer();
  }

  private offer(): void {
    const foot = first("[data-admit]", HTMLElement);
    const button = foot && first("button", HTMLElement, foot);
    if (!foot || !button) return;
    foot.hidden = this.ticked.size === 0;
    button.lastChild!.textContent = this.ticked.size === 1 ? say("admit") : say("admit_several", { count: this.ticked.size });
  }
}

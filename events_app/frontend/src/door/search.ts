import { first } from "../lib/dom";
import { DoorApi, type Guest, Unreachable } from "./api";
import { write } from "./dom";
import type { OfflineJudge } from "./judge";
import { say, timeOf } from "./texts";

/** Guests without a code: found by name or organisation, admitted one by one or ticked together. */
const PATIENCE_MS = 120;
const SHORT_CODE = /^(?=.*\d)[0-9a-z]{4}[\s-]?[0-9a-z]{4}$/i;

export class Search {
  onCode: (code: string) => void = () => {};
  onAdmit: (guests: Guest[]) => void = () => {};
  /** Somebody on whom a helper decides here and now. */
  onAsking: (attendee: string) => void = () => {};

  private readonly sheet = first('[data-sheet="search"]', HTMLDialogElement);
  private readonly field = first("#door-search", HTMLInputElement);
  private readonly list = first("[data-found]", HTMLElement);
  private readonly ticked = new Map<string, Guest>();
  private timer = 0;
  private asked = "";

  constructor(
    private readonly api: DoorApi,
    private readonly judge: OfflineJudge,
    private readonly hasRoster: () => boolean,
  ) {
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
    const [only] = guests;
    if (guests.length === 1 && only?.asks && only.attendee_id) this.onAsking(only.attendee_id);
    else this.onAdmit(guests);
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
    const found = await this.find(words);
    if (words === this.asked) this.show(found ?? [], found ? (found.length ? "" : say("nobody")) : say("search_offline"));
  }

  /** The server knows who is inside at the other doors; without it this device's roster does. */
  private async find(words: string): Promise<Guest[] | undefined> {
    const alone = (): Guest[] | undefined => (this.hasRoster() ? this.judge.search(words) : undefined);
    if (!this.api.reached && this.hasRoster()) return alone();
    try {
      return await this.api.search(words);
    } catch (error) {
      return error instanceof Unreachable ? alone() : [];
    }
  }

  private show(guests: Guest[], note: string): void {
    this.note(note);
    this.list?.replaceChildren(...groups(guests).flatMap((group) => this.rows(group)));
  }

  /** The people of one organisation stand together; one press ticks all who may come in. */
  private rows(group: Guest[]): HTMLElement[] {
    const rows = group.map((guest) => this.row(guest));
    const open = group.filter((guest) => guest.status === "confirmed" && !guest.inside);
    if (open.length < 2) return rows;
    const line = document.createElement("li");
    line.className = "door-group";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say("tick_all", { count: open.length, organisation: open[0]?.organisation ?? "" });
    button.addEventListener("click", () => rows.forEach((row, place) => open.includes(group[place] as Guest) && tickIn(row)));
    line.append(button);
    return [line, ...rows];
  }

  private note(text: string): void {
    write("[data-search-note]", text);
  }

  private row(guest: Guest): HTMLLIElement {
    const row = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = this.ticked.has(guest.short_code);
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
    if (guest.asks) return say("status_asks");
    if (guest.status !== "confirmed") return say(`status_${guest.status}`);
    if (!guest.admitted_at) return "";
    return say(guest.inside ? "inside_since" : "was_inside", { time: timeOf(guest.admitted_at) });
  }

  private tick(guest: Guest, on: boolean): void {
    if (on) this.ticked.set(guest.short_code, guest);
    else this.ticked.delete(guest.short_code);
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

/** By organisation, as they are sorted. */
function groups(guests: Guest[]): Guest[][] {
  const made: Guest[][] = [];
  for (const guest of guests) {
    const last = made.at(-1);
    if (guest.organisation && last?.[0]?.organisation === guest.organisation) last.push(guest);
    else made.push([guest]);
  }
  return made;
}

function tickIn(row: HTMLElement): void {
  const box = first("input", HTMLInputElement, row);
  if (box && !box.checked) box.click();
}

import { fetchJson, first } from "./dom";

/**
 * A text field with suggestions from the server: the ARIA 1.2 combobox with a listbox. Free text stays possible, and
 * without JavaScript the plain field with its datalist does the same job.
 */
type Suggestion = { id: string; name: string };

const PATIENCE_MS = 150;
const SHORTEST = 2;

export function watchCombobox(frame: HTMLElement): void {
  const input = first("input", HTMLInputElement, frame);
  if (input) new Combobox(frame, input);
}

class Combobox {
  private readonly list = document.createElement("ul");
  private readonly said = document.createElement("div");
  private active = -1;
  private timer = 0;
  private asking = new AbortController();

  constructor(
    private readonly frame: HTMLElement,
    private readonly input: HTMLInputElement,
  ) {
    this.dress();
    input.addEventListener("input", () => this.askSoon());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => this.close());
    // mousedown, not click: the field must not lose the focus before the choice is made.
    this.list.addEventListener("mousedown", (event) => this.onPointer(event));
  }

  private dress(): void {
    this.list.id = `${this.input.id}-list`;
    this.list.className = "combobox-list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", document.querySelector(`label[for="${this.input.id}"]`)?.textContent ?? "");
    this.said.className = "visually-hidden";
    this.said.setAttribute("role", "status");
    this.input.removeAttribute("list");
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(roles)) this.input.setAttribute(name, value);
    this.frame.append(this.list, this.said);
  }

  private askSoon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), PATIENCE_MS);
  }

  private async ask(): Promise<void> {
    const wanted = this.input.value.trim();
    this.asking.abort();
    if (wanted.length < SHORTEST) return this.close();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const address = `${this.frame.dataset["combobox"] ?? ""}${encodeURIComponent(wanted)}`;
    const found = await fetchJson<Suggestion[]>(address, signal);
    if (found && !signal.aborted && document.activeElement === this.input) this.show(found);
  }

  private show(found: Suggestion[]): void {
    this.list.replaceChildren(...found.map((suggestion, place) => this.option(suggestion, place)));
    this.activate(-1);
    this.open(found.length > 0);
    const words = found.length ? this.frame.dataset["count"] : this.frame.dataset["none"];
    this.said.textContent = (words ?? "").replace("%s", String(found.length));
  }

  private option(suggestion: Suggestion, place: number): HTMLLIElement {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.textContent = suggestion.name;
    option.setAttribute("role", "option");
    return option;
  }

  private open(open: boolean): void {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  private close(): void {
    clearTimeout(this.timer);
    this.asking.abort();
    this.activate(-1);
    this.open(false);
  }

  private activate(place: number): void {
    this.active = place;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
    const option = this.list.children[place];
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  private take(option: Element | null | undefined): void {
    if (!option) return;
    this.input.value = option.textContent ?? "";
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private onKey(event: KeyboardEvent): void {
    const count = this.list.children.length;
    if (this.list.hidden || count === 0) {
      if (event.key === "ArrowDown") void this.ask();
      return;
    }
    const moves: Record<string, number> = {
      ArrowDown: (this.active + 1) % count,
      ArrowUp: this.active <= 0 ? count - 1 : this.active - 1,
    };
    const place = moves[event.key];
    if (place !== undefined) this.activate(place);
    else if (event.key === "Enter" && this.active >= 0) this.take(this.list.children[this.active]);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  private onPointer(event: MouseEvent): void {
    event.preventDefault();
    this.take(event.target instanceof Element ? event.target.closest("[role=option]") : null);
  }
}

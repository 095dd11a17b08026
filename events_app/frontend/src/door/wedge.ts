/**
 * Handheld scanners type: a burst of keys faster than any hand, mostly with Enter behind it. This listens to the whole
 * page, so that a scan counts wherever the focus is, and tells typing from scanning by its speed.
 */
const FASTEST_HAND_MS = 50;
const SHORTEST = 6;
const TICKET = /^ct1[0-9a-v]{141}$/i;
const SILENCE_MS = 150;
/** Cheap Bluetooth scanners pause; what begins like a ticket is waited for longer. */
const TICKET_PAUSE_MS = 300;
const TICKET_BEGINS = /^ct1/i;

export class Wedge {
  private typed = "";
  private last = 0;
  private timer = 0;
  private field: HTMLInputElement | undefined;
  private before = "";

  constructor(
    private readonly onCode: (code: string) => void,
    private readonly wanted: () => boolean,
  ) {
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
  }

  private onKey(event: KeyboardEvent): void {
    // A key held down repeats as fast as a scanner types.
    if (!this.wanted() || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const now = event.timeStamp;
    const ticket = TICKET_BEGINS.test(this.typed);
    if (now - this.last > (ticket ? TICKET_PAUSE_MS : FASTEST_HAND_MS)) this.begin(event);
    this.last = now;
    clearTimeout(this.timer);
    if (event.key === "Enter" || event.key === "Tab") {
      if (this.typed.length >= SHORTEST) this.finish(event);
      else this.typed = "";
    } else if (event.key.length === 1) {
      this.typed += event.key;
      if (TICKET.test(this.typed)) this.finish(event);
      else this.timer = window.setTimeout(() => this.finish(), ticket ? TICKET_PAUSE_MS : SILENCE_MS);
    }
  }

  private begin(event: KeyboardEvent): void {
    this.typed = "";
    this.field = event.target instanceof HTMLInputElement ? event.target : undefined;
    this.before = this.field?.value ?? "";
  }

  private finish(event?: KeyboardEvent): void {
    const code = this.typed;
    this.typed = "";
    if (code.length < SHORTEST) return;
    event?.preventDefault();
    event?.stopPropagation();
    // What the scanner typed into a field was never meant for it.
    if (this.field) {
      this.field.value = this.before;
      this.field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.onCode(code);
  }
}

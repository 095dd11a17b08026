import { first } from "../lib/dom";
import { type DoorApi, type Guest, Refused } from "./api";
import { announce, closeSheets, openSheet, toggle, write } from "./dom";
import { say } from "./texts";

/** Those who registered by the poster when all seats were taken: a helper lets them in with one tap, or turns them away. */
export class Asking {
  /** Resolves to what is against it, in words' keys; to nothing once it is done. */
  onLetIn: (attendee: string, scan: string, beyond: boolean) => Promise<Error | undefined> = async () => undefined;

  private readonly list = first("[data-asking-list]", HTMLElement);
  private readonly beyond = first("[name=beyond]", HTMLInputElement);
  /** Each person's scan has one id, so that pressing twice lets them in once. */
  private readonly scans = new Map<string, string>();
  private busy = false;

  constructor(private readonly api: DoorApi) {}

  /** How many wait: the way to them is there only then. */
  count(number: number): void {
    toggle("[data-do=asking]", number > 0);
    write("[data-asking-count]", say(number === 1 ? "asking_one" : "asking", { count: number }));
  }

  async open(): Promise<void> {
    if (this.beyond) this.beyond.checked = false;
    toggle("[data-beyond]", false);
    announce("[data-asking-problem]", "");
    await this.look();
  }

  /** From wherever somebody was found; the list opens only if there is something to decide. */
  async letIn(attendee: string): Promise<void> {
    await this.once(async () => {
      const against = await this.onLetIn(attendee, this.scanOf(attendee), Boolean(this.beyond?.checked && this.isOpen));
      if (!against) return closeSheets();
      if (!this.isOpen) await this.open();
      this.object(against);
    });
  }

  private async turnAway({ attendee_id: attendee, name }: Guest): Promise<void> {
    if (!attendee || !confirm(say("turn_away_sure", { name }))) return;
    await this.once(async () => {
      try {
        await this.api.turnAway(attendee);
        await this.look();
      } catch (error) {
        this.object(error);
      }
    });
  }

  private async look(): Promise<void> {
    const guests = await this.api.asking().catch((error: unknown) => this.object(error));
    this.list?.replaceChildren(...(guests ?? []).map((guest) => this.row(guest)));
    toggle("[data-asking-nobody]", guests?.length === 0);
    closeSheets();
    openSheet("asking");
  }

  private row(guest: Guest): HTMLLIElement {
    const row = document.createElement("li");
    const words = document.createElement("p");
    const [name, about] = [document.createElement("bdi"), document.createElement("small")];
    name.textContent = guest.name;
    about.textContent = guest.organisation;
    words.append(name, about);
    const no = this.button("turn_away", () => this.turnAway(guest));
    const yes = this.button("admit", () => this.letIn(guest.attendee_id ?? ""));
    yes.classList.add("button-primary");
    row.append(words, no, yes);
    return row;
  }

  private button(text: string, act: () => Promise<void>): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = say(text);
    button.addEventListener("click", () => void act());
    return button;
  }

  private object(error: unknown): undefined {
    const code = error instanceof Refused ? error.code : "";
    if (code === "event_full") toggle("[data-beyond]", true);
    const known = ["event_full", "event_cancelled"].includes(code);
    announce("[data-asking-problem]", say(known ? `walk_in_${code}` : code ? "failed_other" : "correction_offline"));
  }

  private get isOpen(): boolean {
    return first('[data-sheet="asking"]', HTMLDialogElement)?.open ?? false;
  }

  private scanOf(attendee: string): string {
    const id = this.scans.get(attendee) ?? crypto.randomUUID();
    this.scans.set(attendee, id);
    return id;
  }

  private async once(act: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await act().finally(() => (this.busy = false));
  }
}

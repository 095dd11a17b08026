import type { Result } from "./api";
import type { Clock } from "./clock";
import { daysIn } from "./rules";
import type { Stay, Store } from "./store";

/** Who is inside as far as this device has seen: its own scans, and what the server answered to them. Each day anew. */
export class House {
  private stays = new Map<string, Stay>();
  private dayOf: (moment: number) => string = () => "";

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  async load(timezone: string): Promise<void> {
    this.dayOf = daysIn(timezone);
    this.stays = new Map((await this.store.stays().catch(() => [])).map((stay) => [stay.key, stay]));
  }

  /** What another tab of this device has seen meanwhile. */
  async look(): Promise<void> {
    for (const stay of await this.store.stays().catch(() => [])) this.stays.set(stay.key, stay);
  }

  /** Since when that ticket's holder is inside today; nothing if not. */
  insideSince(ticketId: string): number | undefined {
    const stay = this.stays.get(this.key(ticketId, this.clock.now()));
    return stay?.inside ? stay.since : undefined;
  }

  /** An answer was given for that ticket; `first` is the day's first admission if the server told it. */
  note(ticketId: string, result: Result, at: number, first: number | undefined): void {
    if (result === "refused") return;
    const key = this.key(ticketId, at);
    const since = first ?? this.stays.get(key)?.since ?? at;
    const stay = { key, inside: result !== "left", since };
    this.stays.set(key, stay);
    void this.store.keepStays([stay]).catch(() => undefined);
  }

  async forget(): Promise<void> {
    this.stays.clear();
    await this.store.forgetStays();
  }

  private key(ticketId: string, at: number): string {
    return `${this.dayOf(at)} ${ticketId}`;
  }
}

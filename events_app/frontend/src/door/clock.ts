import { leaseOver } from "./rules";
import type { Store } from "./store";

/** The server's time as well as this device knows it, and how long ago it last heard from the server. */
type Contact = { at: number; latest: number; offset: number };

const KEPT_EVERY_MS = 60_000;
/** HTTP's `Date` counts seconds; less than this is no wrong clock. */
const NOTICED_MS = 5000;

export class Clock {
  private contact: Contact = { at: 0, latest: 0, offset: 0 };
  private keptAt = 0;

  constructor(private readonly store: Store) {}

  async load(): Promise<void> {
    this.contact = (await this.store.fact<Contact>("contact")) ?? this.contact;
  }

  /** Milliseconds since 1970, however this device's own clock is set (once it has heard from the server). */
  now(): number {
    return Date.now() + this.contact.offset;
  }

  /** The server answered; `date` is what its clock said. */
  heard(date: string | null): void {
    const offset = Date.parse(date ?? "") - Date.now();
    if (Number.isFinite(offset)) this.contact.offset = Math.abs(offset) < NOTICED_MS ? 0 : offset;
    this.contact.at = this.contact.latest = this.now();
    if (Math.abs(this.contact.at - this.keptAt) > KEPT_EVERY_MS) void this.keep();
  }

  /** To be asked before each scan; keeps how late it has become. */
  leaseOver(): boolean {
    const now = this.now();
    const over = this.contact.at > 0 && leaseOver(this.contact.at, this.contact.latest, now);
    this.contact.latest = Math.max(this.contact.latest, now);
    if (Math.abs(now - this.keptAt) > KEPT_EVERY_MS) void this.keep();
    return over;
  }

  private async keep(): Promise<void> {
    this.keptAt = this.contact.latest;
    await this.store.remember("contact", this.contact).catch(() => undefined);
  }
}

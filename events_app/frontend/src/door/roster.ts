import type { DoorApi, RosterData, Ticket } from "./api";
import { found, wordsOf } from "./rules";
import { Signature } from "./signature";
import type { Sealed, Store } from "./store";
import type { Vault } from "./vault";

/** The list of this event's tickets: the server's newest that could be fetched, kept sealed, searched in memory. */
type Kept = { sealed: Sealed; as_of: string };
type Entry = { ticket: Ticket; name: string[]; organisation: string[] };

const MOST_FOUND = 50;

export class Roster {
  /** Called when there is a newer one, or none any more. */
  onChange: () => void = () => {};

  data: RosterData | undefined;
  signature: Signature | undefined;

  private tickets = new Map<string, Ticket>();
  private byShortCode = new Map<string, Ticket>();
  private entries: Entry[] | undefined;
  private sealed: Sealed | undefined;
  /** How often it was forgotten: an answer that was on its way then comes too late. */
  private forgotten = 0;

  constructor(
    private readonly api: DoorApi,
    private readonly store: Store,
    private readonly vault: Vault,
  ) {}

  /** What was kept on this device for that event, if anything. */
  async load(event: string): Promise<void> {
    const kept = await this.store.fact<Kept>("roster");
    const data = kept && (await this.vault.unseal<RosterData>(kept.sealed).catch(() => undefined));
    if (!kept || data?.event !== event) return;
    this.sealed = kept.sealed;
    this.use({ ...data, as_of: kept.as_of });
  }

  /** Rejects as the API does. Returns whether it could be stored; a device without room keeps it while the page is open. */
  async refresh(): Promise<boolean> {
    const { forgotten } = this;
    const fresh = await this.api.roster(this.data?.version);
    const sealed = "tickets" in fresh ? await this.vault.seal(fresh) : this.sealed;
    if (forgotten !== this.forgotten) return true;
    this.sealed = sealed;
    if ("tickets" in fresh) this.use(fresh);
    else if (this.data) this.use({ ...this.data, as_of: fresh.as_of }, false);
    if (!this.sealed) return true;
    return this.store.remember("roster", { sealed: this.sealed, as_of: fresh.as_of } satisfies Kept).then(
      () => true,
      () => false,
    );
  }

  async forget(): Promise<void> {
    this.forgotten += 1;
    this.data = this.signature = this.entries = this.sealed = undefined;
    this.tickets.clear();
    this.byShortCode.clear();
    this.onChange();
    await this.store.forget("roster");
  }

  ticket(id: string): Ticket | undefined {
    return this.tickets.get(id);
  }

  withShortCode(code: string): Ticket | undefined {
    return this.byShortCode.get(code);
  }

  /** As the server's search: beginnings of words of name and organisation, umlauts or not; sorted like there. */
  search(text: string, shortCode: string | undefined): Ticket[] {
    const wanted = wordsOf(text);
    const exact = shortCode ? this.byShortCode.get(shortCode) : undefined;
    const hits = wanted.length ? this.index().filter(({ ticket, name, organisation }) => ticket !== exact && found(wanted, [...name, ...organisation])) : [];
    return [...(exact && exact.status !== "cancelled" ? [exact] : []), ...hits.map(({ ticket }) => ticket)].slice(0, MOST_FOUND);
  }

  private use(data: RosterData, changed = true): void {
    if (this.data?.public_key !== data.public_key || !this.signature) this.signature = Signature.of(data.public_key);
    this.data = data;
    if (changed) this.lay(data.tickets);
    this.onChange();
  }

  private lay(tickets: Ticket[]): void {
    this.tickets = new Map(tickets.map((ticket) => [ticket.id, ticket]));
    this.byShortCode = new Map(tickets.map((ticket) => [ticket.short_code, ticket]));
    this.entries = undefined;
  }

  /** Made at the first search: 5,000 names take a phone a moment. */
  private index(): Entry[] {
    this.entries ??= [...this.tickets.values()]
      .filter((ticket) => ticket.status !== "cancelled")
      .map((ticket) => ({ ticket, name: wordsOf(ticket.name), organisation: wordsOf(ticket.organisation) }))
      .sort((one, other) => key(one).localeCompare(key(other)));
    return this.entries;
  }
}

function key({ organisation, name }: Entry): string {
  return `${organisation.join(" ")}\0${name.join(" ")}`;
}

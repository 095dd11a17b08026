import type { Clock } from "./clock";
import type { Direction, Guest, Result, Ticket } from "./api";
import { type Claim, readClaim } from "./code";
import type { House } from "./house";
import type { Roster } from "./roster";
import { type Verdict, verdict } from "./rules";

/** What a scan means, without asking the server: by the code's signature, this device's roster and its own scans. */
export type Judged = Verdict & { ticket: Ticket | undefined; first: number | undefined };

export class OfflineJudge {
  constructor(
    private readonly roster: Roster,
    private readonly house: House,
    private readonly clock: Clock,
  ) {}

  /** As far as this device has heard. */
  get eventCancelled(): boolean {
    return this.roster.data?.status === "cancelled";
  }

  /** Nothing if this device has no roster (and so no key) to judge by. */
  async judge(code: string, direction: Direction): Promise<Judged | undefined> {
    const { data } = this.roster;
    if (!data) return undefined;
    const claim = readClaim(code);
    const ticket = this.ticketOf(claim);
    const id = ticketId(claim) ?? ticket?.id ?? "";
    const first = this.house.insideSince(id);
    const said = verdict(claim, await this.genuine(claim), ticket, data, this.clock.now(), direction, first !== undefined);
    this.house.note(id, said.result, this.clock.now(), first);
    return { ...said, ticket: shown(said, ticket, claim), first };
  }

  /** The server answered that scan: this device remembers who is inside, for when it is alone. */
  learn(code: string, result: Result, first: string | null): void {
    const claim = readClaim(code);
    const id = ticketId(claim) ?? this.ticketOf(claim)?.id;
    if (id) this.house.note(id, result, this.clock.now(), first ? Date.parse(first) : undefined);
  }

  search(text: string): Guest[] {
    const claim = readClaim(text);
    return this.roster.search(text, typeof claim === "string" ? claim : undefined).map((ticket) => this.guest(ticket));
  }

  private guest(ticket: Ticket): Guest {
    const since = this.house.insideSince(ticket.id);
    const { name, organisation, status, short_code } = ticket;
    return { attendee_id: null, name, organisation, status, short_code, inside: since !== undefined, admitted_at: since ?? null, asks: false };
  }

  private async genuine(claim: Claim): Promise<boolean> {
    if (typeof claim !== "object" || claim.keyId !== this.roster.data?.key_id) return false;
    return (await this.roster.signature?.verify(claim.message, claim.signature)) ?? false;
  }

  private ticketOf(claim: Claim): Ticket | undefined {
    if (typeof claim === "string") return this.roster.withShortCode(claim);
    return claim && this.roster.ticket(claim.ticketId);
  }
}

function ticketId(claim: Claim): string | undefined {
  return typeof claim === "object" ? claim.ticketId : undefined;
}

/** A forged or foreign code proves nothing about a person; a newer version has another holder than the roster says. */
function shown({ reason }: Verdict, ticket: Ticket | undefined, claim: Claim): Ticket | undefined {
  if (reason === "bad_signature" || reason === "wrong_event") return undefined;
  return ticket && typeof claim === "object" && claim.version > ticket.version ? { ...ticket, name: "" } : ticket;
}

/** The door's decisions without a server, as events_app/checkin/rules.py makes them with the whole database. */
import type { Direction, Result, Ticket } from "./api";
import type { Claim } from "./code";

export type Verdict = { result: Result; reason: string | null; unlisted: boolean };
export type EventFacts = { key_id: number; ends_at: string; status: string };

const DAY_MS = 24 * 3600_000;
export const ACCEPTED_AFTER_END_MS = 7 * DAY_MS;
export const LEASE_MS = 12 * 3600_000;

/**
 * What this device can say by itself; nothing if it can't. A genuine code of which the roster knows nothing yet, or only
 * an older version or no seat, was issued since: only the confirmed have codes. It is admitted, and marked (`unlisted`).
 * A short code proves nothing, so one that is not on the roster is no answer.
 */
export function verdict(claim: Claim, genuine: boolean, ticket: Ticket | undefined, event: EventFacts, now: number, direction: Direction, inside: boolean): Verdict {
  const reason = codeRefusal(claim, genuine, event, now) ?? (ticket ? ticketRefusal(claim, ticket) : typeof claim === "string" ? "unknown_ticket" : undefined);
  if (reason) return { result: "refused", reason, unlisted: false };
  return { ...byPresence(direction, inside), unlisted: !ticket || ticket.status !== "confirmed" || newer(claim, ticket) };
}

function codeRefusal(claim: Claim, genuine: boolean, event: EventFacts, now: number): string | undefined {
  if (claim === undefined) return "unknown_ticket";
  // Nobody here has the other event's key: whether it is genuine there does not matter.
  if (typeof claim !== "string" && claim.keyId !== event.key_id) return "wrong_event";
  if (typeof claim !== "string" && !genuine) return "bad_signature";
  if (event.status === "cancelled") return "cancelled";
  return now > Date.parse(event.ends_at) + ACCEPTED_AFTER_END_MS ? "expired" : undefined;
}

function ticketRefusal(claim: Claim, ticket: Ticket): string | undefined {
  if (newer(claim, ticket)) return undefined;
  if (ticket.status === "cancelled") return "cancelled";
  if (typeof claim === "object" && claim.version < ticket.version) return "replaced";
  return typeof claim === "string" && ticket.status !== "confirmed" ? ticket.status : undefined;
}

function newer(claim: Claim, ticket: Ticket): boolean {
  return typeof claim === "object" && claim.version > ticket.version;
}

function byPresence(direction: Direction, inside: boolean): { result: Result; reason: string | null } {
  if (direction === "entry") return { result: inside ? "already_inside" : "admitted", reason: null };
  return inside ? { result: "left", reason: null } : { result: "refused", reason: "not_inside" };
}

const GERMAN: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss" };

/** Its words, without case, accents and umlauts: `Mueller`, `Müller` and `Muller` are one. */
export function wordsOf(text: string): string[] {
  const german = text.normalize("NFC").toLowerCase().replace(/[äöüß]/g, (letter) => GERMAN[letter] ?? letter);
  const plain = german.normalize("NFD").replace(/\p{M}/gu, "");
  return plain.replace(/ae/g, "a").replace(/oe/g, "o").replace(/ue/g, "u").split(/[\s-]+/).filter(Boolean);
}

/** Whether each wanted word begins one of the words. */
export function found(wanted: string[], words: string[]): boolean {
  return wanted.every((part) => words.some((word) => word.startsWith(part)));
}

/** The day at the event for a moment (milliseconds), over clock changes too: "inside" starts anew each day. */
export function daysIn(timeZone: string): (moment: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  return (moment) => format.format(moment);
}

/** Twelve hours without the server, by the greatest time this device has ever shown: setting its clock back gains nothing. */
export function leaseOver(contactAt: number, latest: number, now: number): boolean {
  return Math.max(now, latest) - contactAt > LEASE_MS;
}

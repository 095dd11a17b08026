/** The door's part of the JSON API, as `checkin/schemas.py` has it. */
import { messages } from "./stream";

export type Direction = "entry" | "exit";
export type Result = "admitted" | "already_inside" | "left" | "refused";

export type Scan = {
  id: string;
  code: string;
  scanned_at: string;
  direction: Direction;
  offline: boolean;
  shown: Result | null;
};

export type ScanResult = {
  id: string;
  result: Result;
  reason: string | null;
  attendee: { name: string; organisation: string } | null;
  first_scanned_at: string | null;
  conflict: boolean;
  /** At which door the person was admitted. */
  door?: string | null;
  /** Of an admission by name, whose `id` is the attendee's. */
  scan_id?: string | null;
  /** The attendee, where it is a helper who decides: they came by the poster when all seats were taken. */
  asks?: string | null;
};

/** What a helper may do about an answer: take it back, or admit in spite of it. */
export type Way = "undo" | "override";
export type Corrected = { id: string; attendee: { name: string; organisation: string } | null; inside: boolean };

export type Paired = {
  token: string;
  event: string;
  public_key: string;
  key_id: number;
  device: string;
  name: string;
  event_title: string;
  ends_at: string;
  timezone: string;
} & Options;

/** How the event's door works; the newest list says it anew. */
export type Options = { exit_scanning: boolean; may_override: boolean };

export type Status = "confirmed" | "waiting" | "pending" | "cancelled";
export type Ticket = { id: string; name: string; organisation: string; status: Status; version: number; short_code: string };

export type RosterData = {
  event: string;
  as_of: string;
  version: string;
  public_key: string;
  key_id: number;
  event_title: string;
  status: string;
  ends_at: string;
  timezone: string;
  tickets: Ticket[];
} & Options;

/** Somebody on the list; found without a server there is no `attendee_id`, but the short code does as well. */
export type Guest = {
  attendee_id: string | null;
  name: string;
  organisation: string;
  status: Status;
  short_code: string;
  inside: boolean;
  admitted_at: string | number | null;
  /** They came by the poster when all seats were taken: a helper decides. */
  asks: boolean;
};

export type Admission = { id: string; attendee_ids: string[]; at: string; offline: boolean };

export type WalkIn = {
  id: string;
  given_name: string;
  family_name: string;
  email: string | null;
  organisation: { name: string; kind: string };
  consents: { privacy: boolean };
  at: string;
  offline: boolean;
  over_capacity: boolean;
};

export type WalkedIn = { name: string; organisation: string; short_code: string; result: Result; first_scanned_at: string | null };

export type LetIn = { id: string; at: string; over_capacity: boolean };

/** `asking`: how many wait for a helper's decision. */
export type Counters = { expected: number; inside: number; admitted_total: number; asking: number };

/** The server can't be reached, or is not well: the same request may be sent again later. */
export class Unreachable extends Error {}

/** The device's token is not good (any more). */
export class Unpaired extends Error {}

/** The server understood and said no: sending it again would not help. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly errors: { field: string; message: string }[],
  ) {
    super(code);
  }
}

/** How long a helper at the door can wait; less once the network is known to be bad. */
const PATIENCE_MS = 4000;
const SHORT_PATIENCE_MS = 1200;
const BATCH_PATIENCE_MS = 30_000;

/** The server gives a sign of life every 15 s. */
const SILENCE_MS = 20_000;

const JSON_TYPE = /[/+]json\b/;

export class DoorApi {
  /** Called after each request: could the server be reached, and what is its time? */
  onContact: (reached: boolean, date: string | null) => void = () => {};

  /** Called when the server does not know this device (any more), whatever it had asked. */
  onUnpaired: () => void = () => {};

  /** Whether the last request got through. */
  reached = true;

  constructor(private readonly token: () => string | undefined) {
    addEventListener("offline", () => this.contact(undefined));
  }

  pair(code: string): Promise<Paired> {
    return this.ask("POST", "devices/pair", { pairing_code: code });
  }

  async scan(scans: Scan[]): Promise<ScanResult[]> {
    const patience = scans.length > 1 ? BATCH_PATIENCE_MS : this.patience;
    const answer = await this.ask<{ results: ScanResult[] }>("POST", "door/scans", { scans }, patience);
    return answer.results;
  }

  async admit(admission: Admission): Promise<ScanResult[]> {
    return (await this.ask<{ results: ScanResult[] }>("POST", "door/admissions", admission, this.patience)).results;
  }

  walkIn(walkIn: WalkIn): Promise<WalkedIn> {
    return this.ask("POST", "door/walk-ins", walkIn);
  }

  letIn(attendee: string, letIn: LetIn): Promise<WalkedIn> {
    return this.ask("POST", `door/walk-ins/${attendee}/admission`, letIn);
  }

  turnAway(attendee: string): Promise<Guest> {
    return this.ask("POST", `door/walk-ins/${attendee}/refusal`);
  }

  async asking(): Promise<Guest[]> {
    return (await this.ask<{ items: Guest[] }>("GET", "door/walk-ins")).items;
  }

  async search(words: string): Promise<Guest[]> {
    return (await this.ask<{ items: Guest[] }>("GET", `door/search?q=${encodeURIComponent(words)}`, undefined, this.patience)).items;
  }

  /** All tickets, or only the moment if the server has nothing newer than that version. */
  async roster(version: string | undefined): Promise<RosterData | { as_of: string }> {
    const known: Record<string, string> = version ? { "if-none-match": `W/"${version}"` } : {};
    const answer = await this.answer("GET", "door/roster", undefined, BATCH_PATIENCE_MS, known);
    const date = Date.parse(answer.headers.get("date") ?? "") || Date.now();
    return answer.status === 304 ? { as_of: new Date(date).toISOString() } : ((await read(answer)) as RosterData);
  }

  correct(scan: string, way: Way, reason: string): Promise<Corrected> {
    return this.ask("POST", `door/scans/${scan}/${way}`, { reason });
  }

  /** A sign of life: what waits here, and how full the battery is (0 to 1) if the browser tells. */
  status(queue: number, battery: number | null): Promise<Options> {
    return this.ask("POST", "door/status", { queue, battery });
  }

  counters(): Promise<Counters> {
    return this.ask("GET", "door/counters");
  }

  /** The counters whenever they change, until that is aborted, or the stream breaks or falls silent. It says nothing of `reached`. */
  async *live(listening: AbortController): AsyncGenerator<Counters> {
    let timer = 0;
    const sign = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(() => listening.abort(), SILENCE_MS);
    };
    sign();
    try {
      const answer = await fetch("/api/v1/door/live", { ...this.terms(), signal: listening.signal });
      if (!answer.ok || !answer.body) return;
      for await (const data of messages(answer.body, sign)) yield JSON.parse(data) as Counters;
    } catch {
      // broken off: whoever listened asks again
    } finally {
      clearTimeout(timer);
    }
  }

  private terms(): RequestInit & { headers: Record<string, string> } {
    const token = this.token();
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    return { headers, credentials: "omit", cache: "no-store" };
  }

  private get patience(): number {
    return this.reached ? PATIENCE_MS : SHORT_PATIENCE_MS;
  }

  private async ask<T>(method: string, path: string, body?: object, patience = PATIENCE_MS): Promise<T> {
    return (await read(await this.answer(method, path, body, patience))) as T;
  }

  private async answer(method: string, path: string, body: object | undefined, patience: number, known = {}): Promise<Response> {
    const token = this.token();
    const answer = await this.send(method, path, body, patience, known);
    this.contact(answer);
    if (!answer || !ours(answer)) throw new Unreachable();
    if (answer.status === 401) {
      if (token === this.token()) this.onUnpaired();
      throw new Unpaired();
    }
    if (answer.ok || answer.status === 304) return answer;
    const { code = "", errors = [] } = (await read(answer)) as Partial<Refused>;
    throw new Refused(answer.status, code, errors);
  }

  private contact(answer: Response | undefined): void {
    this.reached = answer !== undefined && ours(answer);
    this.onContact(this.reached, answer?.headers.get("date") ?? null);
  }

  private async send(method: string, path: string, body: object | undefined, patience: number, known: object): Promise<Response | undefined> {
    const terms = this.terms();
    const headers = { ...terms.headers, accept: "application/json", "content-type": "application/json", ...known };
    try {
      return await fetch(`/api/v1/${path}`, {
        ...terms,
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.timeout(patience),
      });
    } catch {
      return undefined;
    }
  }
}

/** A Wi-Fi's log-in page and a proxy without a server behind it answer too, but not in JSON or not well. */
function ours(answer: Response): boolean {
  return answer.status === 304 || (answer.status < 500 && JSON_TYPE.test(answer.headers.get("content-type") ?? ""));
}

/** The connection may break while the body comes. */
async function read(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    throw new Unreachable();
  }
}

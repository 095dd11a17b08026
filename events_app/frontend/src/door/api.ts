/** The door's part of the JSON API (contract, section 4.3). */
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
};

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
};

export type Guest = {
  attendee_id: string;
  name: string;
  organisation: string;
  status: "confirmed" | "waiting" | "pending";
  short_code: string;
  inside: boolean;
  admitted_at: string | null;
};

export type Counters = { expected: number; inside: number; admitted_total: number };

/** The server can't be reached, or is not well: the same request may be sent again later. */
export class Unreachable extends Error {}

/** The device's token is not good (any more). */
export class Unpaired extends Error {}

/** The server understood and said no: sending it again would not help. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(String(status));
  }
}

/** How long a helper at the door can wait; less once the network is known to be bad. */
const PATIENCE_MS = 4000;
const SHORT_PATIENCE_MS = 1200;
const BATCH_PATIENCE_MS = 30_000;

export class DoorApi {
  /** Called after each request: could the server be reached? */
  onContact: (reached: boolean) => void = () => {};

  private reached = true;

  constructor(private readonly token: () => string | undefined) {}

  pair(code: string): Promise<Paired> {
    return this.ask("POST", "devices/pair", { pairing_code: code });
  }

  async scan(scans: Scan[]): Promise<ScanResult[]> {
    const patience = scans.length > 1 ? BATCH_PATIENCE_MS : this.reached ? PATIENCE_MS : SHORT_PATIENCE_MS;
    const answer = await this.ask<{ results: ScanResult[] }>("POST", "door/scans", { scans }, patience);
    return answer.results;
  }

  async admit(id: string, attendees: string[]): Promise<ScanResult[]> {
    const body = { id, attendee_ids: attendees, at: new Date().toISOString(), offline: false };
    return (await this.ask<{ results: ScanResult[] }>("POST", "door/admissions", body)).results;
  }

  async search(words: string): Promise<Guest[]> {
    return (await this.ask<{ items: Guest[] }>("GET", `door/search?q=${encodeURIComponent(words)}`)).items;
  }

  counters(): Promise<Counters> {
    return this.ask("GET", "door/counters");
  }

  private async ask<T>(method: string, path: string, body?: object, patience = PATIENCE_MS): Promise<T> {
    const answer = await this.send(method, path, body, patience);
    this.reached = answer !== undefined && answer.status < 500;
    this.onContact(this.reached);
    if (answer === undefined || answer.status >= 500) throw new Unreachable();
    if (answer.status === 401) throw new Unpaired();
    if (!answer.ok) throw new Refused(answer.status);
    return (await answer.json()) as T;
  }

  private async send(method: string, path: string, body: object | undefined, patience: number): Promise<Response | undefined> {
    const headers: Record<string, string> = { accept: "application/json", "content-type": "application/json" };
    const token = this.token();
    if (token) headers["authorization"] = `Bearer ${token}`;
    try {
      return await fetch(`/api/v1/${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.timeout(patience),
        credentials: "omit",
        cache: "no-store",
      });
    } catch {
      return undefined;
    }
  }
}

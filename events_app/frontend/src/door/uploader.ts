import { DoorApi, Refused, type Result, type ScanResult, Unpaired, Unreachable, type WalkedIn, type WalkIn } from "./api";
import type { Item, Queue, Waiting } from "./queue";

/**
 * Sends what waits, in its order, as soon as the server can be reached: on `online`, when the page is looked at again, and
 * by a timer that waits longer after each failure.
 */
const BATCH = 500;
const FIRST_PAUSE_MS = 3000;
const LONGEST_PAUSE_MS = 60_000;
const TOO_MANY = 429;

type Scanned = Waiting & { item: Item & { kind: "scan" } };

export class Uploader {
  /** What the server said to something that had waited, what was told at the door, the code, and the id it had here. */
  onResult: (result: ScanResult, shown: Result | null, code: string, id: string) => void = () => {};
  /** Somebody who came without a registration while there was no network has one now. */
  onWalkedIn: (id: string, made: WalkedIn) => void = () => {};
  /** A walk-in was let in although no seat was left. */
  onOverCapacity: (name: string) => void = () => {};

  private pause = FIRST_PAUSE_MS;
  private timer = 0;
  private sending = false;

  constructor(
    private readonly api: DoorApi,
    private readonly queue: Queue,
    private readonly wanted: () => boolean,
  ) {
    addEventListener("online", () => this.soon());
    document.addEventListener("visibilitychange", () => this.soon());
  }

  /** Keep what happened until the server knows it; returns whether it survives the page. */
  async keep(item: Item): Promise<boolean> {
    const stored = await this.queue.add(item);
    this.later();
    return stored;
  }

  /** Try now, and from now on again. */
  soon(): void {
    this.pause = FIRST_PAUSE_MS;
    void this.send();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
  }

  /** Resolves when nothing waits any more, or nothing can be sent for now. */
  async send(): Promise<void> {
    if (this.sending || !this.wanted()) return;
    this.sending = true;
    try {
      for (let next = await this.queue.waiting(); next.length; next = await this.queue.waiting()) await this.sendFirst(next);
      this.pause = FIRST_PAUSE_MS;
    } catch (error) {
      if (error instanceof Unpaired) return;
      this.later();
      if (!(error instanceof Unreachable)) throw error;
    } finally {
      this.sending = false;
    }
  }

  /** As many scans as stand at the head of the queue, else the one that is something else. */
  private async sendFirst(waiting: Waiting[]): Promise<void> {
    const end = waiting.findIndex((one) => !isScan(one));
    const scans = waiting.slice(0, end < 0 ? BATCH : Math.min(end, BATCH)).filter(isScan);
    const [first] = waiting;
    if (scans.length) await this.sendScans(scans);
    else if (first) await this.sendOne(first);
  }

  /** A batch that the server can't read is sent one by one, so that one broken scan does not hold up the others. */
  private async sendScans(scans: Scanned[]): Promise<void> {
    try {
      const results = await this.api.scan(scans.map(({ item }) => item.scan));
      await this.queue.done(scans.map(({ id }) => id));
      const told = new Map(scans.map(({ id, item }) => [id, item.scan]));
      for (const result of results) this.onResult(result, told.get(result.id)?.shown ?? null, told.get(result.id)?.code ?? "", result.id);
    } catch (error) {
      const refused = final(error);
      const [only] = scans;
      if (only && scans.length === 1) await this.queue.fail(only, refused.code);
      else for (const scan of scans) await this.sendScans([scan]);
    }
  }

  private async sendOne(one: Waiting): Promise<void> {
    try {
      await this.deliver(one.item);
      await this.queue.done([one.id]);
    } catch (error) {
      await this.queue.fail(one, final(error).code);
    }
  }

  private async deliver(item: Item): Promise<void> {
    if (item.kind === "admission") await this.admit(item);
    if (item.kind === "walk-in") this.onWalkedIn(item.walkIn.id, await this.walkIn(item.walkIn));
  }

  private async admit({ admission, names, codes = [] }: Item & { kind: "admission" }): Promise<void> {
    const results = await this.api.admit(admission);
    results.forEach((result, place) => this.onResult(result, "admitted", codes[place] ?? "", names.length === 1 ? admission.id : result.id));
  }

  private async walkIn(walkIn: WalkIn): Promise<WalkedIn> {
    try {
      return await this.api.walkIn(walkIn);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "event_full") throw error;
      // It happened: the person is inside, so the list must say so, and the helper hears of it.
      const made = await this.api.walkIn({ ...walkIn, over_capacity: true });
      this.onOverCapacity(`${walkIn.given_name} ${walkIn.family_name}`);
      return made;
    }
  }
}

function isScan(one: Waiting): one is Scanned {
  return one.item.kind === "scan";
}

/** The server's last word, as it is thrown on otherwise; being asked to wait is none. */
function final(error: unknown): Refused {
  if (!(error instanceof Refused)) throw error;
  if (error.status === TOO_MANY) throw new Unreachable();
  return error;
}

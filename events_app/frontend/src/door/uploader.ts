import { DoorApi, Refused, type Scan, type ScanResult, Unpaired, Unreachable } from "./api";
import type { Store } from "./store";

/**
 * Sends what waits, in its order, as soon as the server can be reached: on `online`, when the page is looked at again, and
 * by a timer that waits longer after each failure. Each scan keeps its id, so sending it twice is harmless.
 */
const BATCH = 500;
const FIRST_PAUSE_MS = 3000;
const LONGEST_PAUSE_MS = 60_000;

export class Uploader {
  onPending: (count: number) => void = () => {};
  onResults: (results: ScanResult[]) => void = () => {};
  onUnpaired: () => void = () => {};

  private pause = FIRST_PAUSE_MS;
  private timer = 0;
  private sending = false;

  constructor(
    private readonly api: DoorApi,
    private readonly store: Store,
    private readonly event: () => string | undefined,
  ) {
    addEventListener("online", () => this.soon());
    document.addEventListener("visibilitychange", () => this.soon());
  }

  /** Keep a scan until the server has answered it. */
  async keep(scan: Scan): Promise<void> {
    await this.store.enqueue(scan, this.event() ?? "");
    await this.tell();
    this.later();
  }

  /** Try now, and from now on again. */
  soon(): void {
    this.pause = FIRST_PAUSE_MS;
    void this.send();
  }

  async tell(): Promise<void> {
    this.onPending((await this.waiting()).length);
  }

  private waiting(): Promise<Scan[]> {
    return this.store.queue(this.event() ?? "");
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
  }

  private async send(): Promise<void> {
    if (this.sending || !this.event()) return;
    this.sending = true;
    try {
      for (let scans = await this.waiting(); scans.length; scans = await this.waiting()) await this.sendSome(scans.slice(0, BATCH));
      this.pause = FIRST_PAUSE_MS;
    } catch (error) {
      if (error instanceof Unpaired) this.onUnpaired();
      else if (error instanceof Unreachable) this.later();
      else throw error;
    } finally {
      this.sending = false;
      await this.tell();
    }
  }

  /** A batch that the server can't read is sent one by one, so that one broken scan does not hold up the others. */
  private async sendSome(scans: Scan[]): Promise<void> {
    try {
      const results = await this.api.scan(scans);
      await this.store.answered(scans.map((scan) => scan.id));
      this.onResults(results);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 429) throw error instanceof Refused ? new Unreachable() : error;
      if (scans.length === 1) await this.store.answered(scans.map((scan) => scan.id));
      else for (const scan of scans) await this.sendSome([scan]);
    }
  }
}

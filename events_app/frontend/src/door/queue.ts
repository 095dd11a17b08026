import type { Admission, Scan, WalkIn } from "./api";
import type { Row, Store } from "./store";
import type { Vault } from "./vault";

/** What happened at this door and the server does not know yet. Each has an id, so that sending it twice is harmless. */
export type Item = { kind: "scan"; scan: Scan } | { kind: "admission"; admission: Admission; names: string[]; codes?: string[] } | { kind: "walk-in"; walkIn: WalkIn };
export type Waiting = { id: string; item: Item; failed?: string | undefined };
/** What the server would not take; without `item`: what can't be read on this device any more. */
export type Failed = { id: string; item?: Item; failed: string };

export class Queue {
  /** Called when something came or went: how many wait, how many of them only while this page is open, how many failed. */
  onChange: (waiting: number, unstored: number, failed: Failed[]) => void = () => {};

  /** What storage had no room for: it lives as long as this page. */
  private unstored: Waiting[] = [];
  private newest = 0;

  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly event: () => string | undefined,
  ) {}

  /** Returns whether it survives the page. */
  async add(item: Item): Promise<boolean> {
    const id = idOf(item);
    try {
      await this.put({ id, item });
      return true;
    } catch {
      this.unstored.push({ id, item });
      return false;
    } finally {
      await this.tell();
    }
  }

  /** What is to be sent, in the order in which it happened. */
  async waiting(): Promise<Waiting[]> {
    return (await this.all()).filter(isWaiting);
  }

  async done(ids: string[]): Promise<void> {
    this.unstored = this.unstored.filter((one) => !ids.includes(one.id));
    await this.store.dequeue(ids);
    await this.tell();
  }

  /** The server said no, and would again: it stays on the device until a helper has dealt with it. */
  async fail(one: Waiting, why: string): Promise<void> {
    const lost = this.unstored.find(({ id }) => id === one.id);
    if (lost) lost.failed = why;
    else await this.put({ ...one, failed: why });
    await this.tell();
  }

  async clear(): Promise<void> {
    this.unstored = [];
    await this.store.forgetQueue();
  }

  async isEmpty(): Promise<boolean> {
    return (await this.all()).length === 0;
  }

  async tell(): Promise<void> {
    const all = await this.all();
    const failed = all.filter((one) => !isWaiting(one)) as Failed[];
    this.onChange(all.length - failed.length, this.unstored.length, failed);
  }

  private async put({ id, item, failed }: Waiting): Promise<void> {
    const sealed = await this.vault.seal(item);
    const row: Row = { id, event: this.event() ?? "", number: this.number(), sealed, ...(failed ? { failed } : {}) };
    await this.store.enqueue(row);
  }

  /** The time, but never the same twice. */
  private number(): number {
    this.newest = Math.max(Date.now(), this.newest + 1);
    return this.newest;
  }

  private async all(): Promise<(Waiting | Failed)[]> {
    const rows = await this.store.queue(this.event() ?? "").catch((): Row[] => []);
    return [...(await Promise.all(rows.map((row) => this.unsealed(row)))), ...this.unstored];
  }

  /** One that can't be opened does not hold up the others. */
  private async unsealed({ id, sealed, failed }: Row): Promise<Waiting | Failed> {
    const item = await this.vault.unseal<Item>(sealed).catch(() => undefined);
    return item ? { id, item, failed } : { id, failed: "unreadable" };
  }
}

function isWaiting(one: Waiting | Failed): one is Waiting {
  return !one.failed;
}

function idOf(item: Item): string {
  if (item.kind === "scan") return item.scan.id;
  return item.kind === "admission" ? item.admission.id : item.walkIn.id;
}

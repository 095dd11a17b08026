import type { Paired, Scan } from "./api";

/** What the device remembers through reloads and crashes: its pairing, and scans that the server has not answered yet. */
export type Queued = { scan: Scan; event: string; number: number };

const NAME = "clustertreff-door";
const FACTS = "facts";
const QUEUE = "queue";

export class Store {
  private constructor(private readonly database: IDBDatabase) {}

  /** Rejects where the browser lets pages store nothing. */
  static async open(): Promise<Store> {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(FACTS);
      request.result.createObjectStore(QUEUE, { keyPath: "scan.id" });
    };
    return new Store(await done(request));
  }

  async paired(): Promise<Paired | undefined> {
    return (await done(this.table(FACTS, "readonly").get("paired"))) as Paired | undefined;
  }

  async pair(paired: Paired): Promise<void> {
    await done(this.table(FACTS, "readwrite").put(paired, "paired"));
  }

  async unpair(): Promise<void> {
    await done(this.table(FACTS, "readwrite").delete("paired"));
  }

  async enqueue(scan: Scan, event: string): Promise<void> {
    await done(this.table(QUEUE, "readwrite").put({ scan, event, number: Date.now() } satisfies Queued));
  }

  async answered(ids: string[]): Promise<void> {
    const queue = this.table(QUEUE, "readwrite");
    await Promise.all(ids.map((id) => done(queue.delete(id))));
  }

  /** Scans of this event in the order in which they were made. */
  async queue(event: string): Promise<Scan[]> {
    const all = (await done(this.table(QUEUE, "readonly").getAll())) as Queued[];
    const own = all.filter((queued) => queued.event === event);
    return own.sort((one, other) => one.number - other.number).map((queued) => queued.scan);
  }

  async forgetQueue(): Promise<void> {
    await done(this.table(QUEUE, "readwrite").clear());
  }

  private table(name: string, mode: IDBTransactionMode): IDBObjectStore {
    return this.database.transaction(name, mode).objectStore(name);
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

/** What the device remembers through reloads, crashes and closed tabs. Names lie in it sealed only (see vault.ts). */
const NAME = "clustertreff-door";
const VERSION = 2;
const FACTS = "facts";
const WAITING = "waiting";
const PRESENCE = "presence";

export type Row = { id: string; event: string; number: number; sealed: Sealed; failed?: string };
export type Sealed = { iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer };
export type Stay = { key: string; inside: boolean; since: number };
export type Fact = "paired" | "roster" | "contact" | "key";

export class Store {
  private constructor(private readonly database: IDBDatabase) {}

  /** Rejects where the browser lets pages store nothing. */
  static async open(): Promise<Store> {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      for (const name of [...result.objectStoreNames].filter((name) => name !== FACTS)) result.deleteObjectStore(name);
      if (!result.objectStoreNames.contains(FACTS)) result.createObjectStore(FACTS);
      result.createObjectStore(WAITING, { keyPath: "id" });
      result.createObjectStore(PRESENCE, { keyPath: "key" });
    };
    return new Store(await answer(request));
  }

  async fact<T>(name: Fact): Promise<T | undefined> {
    return (await answer(this.database.transaction(FACTS).objectStore(FACTS).get(name))) as T | undefined;
  }

  remember(name: Fact, value: unknown): Promise<void> {
    return this.write(FACTS, (table) => table.put(value, name));
  }

  forget(...names: Fact[]): Promise<void> {
    return this.write(FACTS, (table) => names.map((name) => table.delete(name)));
  }

  enqueue(row: Row): Promise<void> {
    return this.write(WAITING, (table) => table.put(row));
  }

  dequeue(ids: string[]): Promise<void> {
    return this.write(WAITING, (table) => ids.map((id) => table.delete(id)));
  }

  /** What waits for this event, in the order in which it was made. */
  async queue(event: string): Promise<Row[]> {
    const rows = (await answer(this.database.transaction(WAITING).objectStore(WAITING).getAll())) as Row[];
    return rows.filter((row) => row.event === event).sort((one, other) => one.number - other.number);
  }

  forgetQueue(): Promise<void> {
    return this.write(WAITING, (table) => table.clear());
  }

  async stays(): Promise<Stay[]> {
    return (await answer(this.database.transaction(PRESENCE).objectStore(PRESENCE).getAll())) as Stay[];
  }

  keepStays(stays: Stay[]): Promise<void> {
    return this.write(PRESENCE, (table) => stays.map((stay) => table.put(stay)));
  }

  forgetStays(): Promise<void> {
    return this.write(PRESENCE, (table) => table.clear());
  }

  /** Done when it is on the disk, not only in memory: a phone may lose its battery. */
  private write(name: string, change: (table: IDBObjectStore) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(name, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB"));
      change(transaction.objectStore(name));
    });
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

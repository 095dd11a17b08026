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
  private constructor(private database: IDBDatabase) {}

  /** Rejects where the browser lets pages store nothing. */
  static async open(): Promise<Store> {
    return new Store(await opened());
  }

  fact<T>(name: Fact): Promise<T | undefined> {
    return this.read<T | undefined>(FACTS, (table) => table.get(name));
  }

  remember(name: Fact, value: unknown): Promise<void> {
    return this.write(FACTS, (table) => table.put(value, name));
  }

  /** Rejects if something is remembered under that name already, also by another tab. */
  rememberFirst(name: Fact, value: unknown): Promise<void> {
    return this.write(FACTS, (table) => table.add(value, name));
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
    const rows = await this.read<Row[]>(WAITING, (table) => table.getAll());
    return rows.filter((row) => row.event === event).sort((one, other) => one.number - other.number);
  }

  forgetQueue(): Promise<void> {
    return this.write(WAITING, (table) => table.clear());
  }

  stays(): Promise<Stay[]> {
    return this.read<Stay[]>(PRESENCE, (table) => table.getAll());
  }

  keepStays(stays: Stay[]): Promise<void> {
    return this.write(PRESENCE, (table) => stays.map((stay) => table.put(stay)));
  }

  forgetStays(): Promise<void> {
    return this.write(PRESENCE, (table) => table.clear());
  }

  private read<T>(name: string, ask: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return this.run(name, "readonly", (transaction) => answer(ask(transaction.objectStore(name))));
  }

  /** Done when it is on the disk, not only in memory: a phone may lose its battery. */
  private write(name: string, change: (table: IDBObjectStore) => unknown): Promise<void> {
    return this.run(name, "readwrite", (transaction) => {
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB"));
      });
      change(transaction.objectStore(name));
      return done;
    });
  }

  /** Phones drop the connection of a page that has slept for long: then it is opened again. */
  private async run<T>(name: string, mode: IDBTransactionMode, work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    const begun = (): IDBTransaction => this.database.transaction(name, mode, { durability: "strict" });
    let transaction: IDBTransaction;
    try {
      transaction = begun();
    } catch {
      this.database = await opened();
      transaction = begun();
    }
    return work(transaction);
  }
}

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const { result } = request;
    for (const name of [...result.objectStoreNames].filter((name) => name !== FACTS)) result.deleteObjectStore(name);
    if (!result.objectStoreNames.contains(FACTS)) result.createObjectStore(FACTS);
    result.createObjectStore(WAITING, { keyPath: "id" });
    result.createObjectStore(PRESENCE, { keyPath: "key" });
  };
  const database = await answer(request);
  // Another tab of a newer version would else wait for this one to be closed.
  database.onversionchange = () => database.close();
  return database;
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

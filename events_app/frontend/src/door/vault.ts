import type { Sealed, Store } from "./store";

/** Names on this device are sealed with a key that its browser never hands out: a copied disk does not show them. */
const CIPHER = "AES-GCM";
const IV_BYTES = 12;

export class Vault {
  private constructor(private readonly key: CryptoKey) {}

  /** With this device's key, made at the first time; of two tabs that do so at once the second takes the first one's. */
  static async open(store: Store): Promise<Vault> {
    const known = await store.fact<CryptoKey>("key").catch(() => undefined);
    if (known) return new Vault(known);
    const key = await crypto.subtle.generateKey({ name: CIPHER, length: 256 }, false, ["encrypt", "decrypt"]);
    await store.rememberFirst("key", key).catch(() => undefined);
    // Without storage it lives as long as the page.
    return new Vault((await store.fact<CryptoKey>("key").catch(() => undefined)) ?? key);
  }

  async seal(value: unknown): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: CIPHER, iv }, this.key, plain) };
  }

  async unseal<T>({ iv, data }: Sealed): Promise<T> {
    const plain = await crypto.subtle.decrypt({ name: CIPHER, iv }, this.key, data);
    return JSON.parse(new TextDecoder().decode(plain)) as T;
  }
}

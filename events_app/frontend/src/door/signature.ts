import { verifyAsync } from "@noble/ed25519";

/** Ed25519: the browser's own, else in JavaScript (Chromium has it since 137, Safari since 17, Firefox since 129). */
const ED25519 = "Ed25519";

export class Signature {
  private native: CryptoKey | undefined;
  private ready: Promise<void>;

  constructor(private readonly publicKey: Uint8Array<ArrayBuffer>) {
    this.ready = this.importKey();
  }

  static of(base64: string): Signature {
    return new Signature(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  }

  /** Whether the holder of the event's key signed this. */
  async verify(message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
    await this.ready;
    if (this.native) return crypto.subtle.verify(ED25519, this.native, signature, message);
    return verifyAsync(signature, message, this.publicKey, { zip215: false }).catch(() => false);
  }

  private async importKey(): Promise<void> {
    this.native = await crypto.subtle.importKey("raw", this.publicKey, ED25519, false, ["verify"]).catch(() => undefined);
  }
}

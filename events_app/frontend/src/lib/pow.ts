import { solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import type { Challenge } from "altcha-lib/types";
import { fetchJson } from "./dom";

/**
 * Proof of work for `<form data-pow="/pow/challenge">`: solved from the first touch of the form on, so that nobody waits.
 * The answer goes into a hidden field `altcha` (base64 of the challenge and its solution, as altcha's servers read it).
 * Without it (no JavaScript, no WebCrypto, no network) the server falls back to a mailed confirmation.
 */
const LONGEST_WAIT_MS = 10_000;
const SOON_EXPIRED_MS = 15_000;

export function watchProofOfWork(form: HTMLFormElement): void {
  if (!globalThis.crypto?.subtle) return;
  const field = hiddenField(form);
  const work = new Work(form.dataset["pow"] ?? "", field);
  form.addEventListener("focusin", () => void work.start(), { once: true });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || work.isFresh() || work.givenUp) return;
    event.preventDefault();
    void work.wait().then(() => form.requestSubmit(event.submitter));
  });
}

function hiddenField(form: HTMLFormElement): HTMLInputElement {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "altcha";
  form.append(field);
  return field;
}

class Work {
  givenUp = false;
  private running: Promise<void> | undefined;
  private expires = Infinity;

  constructor(
    private readonly address: string,
    private readonly field: HTMLInputElement,
  ) {}

  start(): Promise<void> {
    this.running ??= this.solve();
    return this.running;
  }

  isFresh(): boolean {
    return this.field.value !== "" && Date.now() < this.expires - SOON_EXPIRED_MS;
  }

  /** Resolves when there is a fresh solution, or when it has taken too long to keep anybody waiting. */
  async wait(): Promise<void> {
    if (this.field.value && !this.isFresh()) this.running = undefined;
    const patience = new Promise<void>((resolve) => setTimeout(resolve, LONGEST_WAIT_MS));
    await Promise.race([this.start(), patience]);
    this.givenUp = !this.isFresh();
  }

  private async solve(): Promise<void> {
    const challenge = await fetchJson<Challenge>(this.address);
    if (!challenge) return;
    this.expires = challenge.parameters.expiresAt ? challenge.parameters.expiresAt * 1000 : Infinity;
    const solution = await solveChallenge({ challenge, deriveKey });
    if (solution) this.field.value = btoa(JSON.stringify({ challenge, solution }));
  }
}

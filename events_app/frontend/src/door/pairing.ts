import { first } from "../lib/dom";
import { DoorApi, type Paired, Refused, Unreachable } from "./api";
import { announce } from "./dom";
import { say } from "./texts";

/** The form that trades a code for this device's token. */
export class Pairing {
  onPaired: (paired: Paired) => Promise<void> = async () => {};

  private readonly field = first("#pairing-code", HTMLInputElement);
  private busy = false;

  constructor(private readonly api: DoorApi) {
    first("[data-pair-form]", HTMLFormElement)?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.pair();
    });
  }

  problem(text: string): void {
    announce("[data-pair-problem]", text);
  }

  private async pair(): Promise<void> {
    const code = this.field?.value.trim() ?? "";
    if (this.busy || !code) return this.field?.focus();
    this.busy = true;
    this.problem("");
    try {
      const paired = await this.api.pair(code);
      if (this.field) this.field.value = "";
      await this.onPaired(paired);
    } catch (error) {
      this.problem(say(reason(error)));
      this.field?.select();
    } finally {
      this.busy = false;
    }
  }
}

function reason(error: unknown): string {
  if (error instanceof Unreachable) return "pair_offline";
  if (error instanceof Refused) return error.status === 429 ? "pair_busy" : "pair_wrong";
  return "pair_storage";
}

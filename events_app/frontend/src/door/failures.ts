import { first } from "../lib/dom";
import { toggle } from "./dom";
import type { Failed, Item } from "./queue";
import { say } from "./texts";

/** What the server would not take, in the menu: a helper reads it, tells the person in charge, and ticks it off. */
const KNOWN = ["duplicate_attendee", "event_cancelled", "validation_failed", "unreadable"];

export class Failures {
  private readonly list = first("[data-failures]", HTMLElement);

  constructor(private readonly onDone: (id: string) => void) {}

  show(failed: Failed[]): void {
    toggle("[data-failed]", failed.length > 0);
    this.list?.replaceChildren(...failed.map((one) => this.line(one)));
  }

  private line({ id, item, failed }: Failed): HTMLLIElement {
    const line = document.createElement("li");
    const [who, why, button] = [document.createElement("bdi"), document.createElement("small"), document.createElement("button")];
    who.textContent = item ? nameOf(item) : "–";
    why.textContent = say(KNOWN.includes(failed) ? `failed_${failed}` : "failed_other");
    button.type = "button";
    button.className = "button";
    button.textContent = say("failed_done");
    button.addEventListener("click", () => this.onDone(id));
    line.append(who, why, button);
    return line;
  }
}

function nameOf(item: Item): string {
  if (item.kind === "walk-in") return `${item.walkIn.given_name} ${item.walkIn.family_name}`;
  return item.kind === "admission" ? item.names.join(", ") : item.scan.code.slice(0, 12);
}

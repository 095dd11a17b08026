import { first } from "../lib/dom";
import type { Counters, DoorApi, Paired } from "./api";
import { announce, toggle, write } from "./dom";
import { say, timeOf } from "./texts";

/** What is always in sight: which door, the connection, what waits, how many are inside. */
const USUAL_PAUSE_MS = 15_000;
const ANXIOUS_PAUSE_MS = 4000;
const SOON_MS = 400;

export class Bar {
  private offlineSince: Date | undefined;
  private timer = 0;

  constructor(private readonly api: DoorApi) {
    addEventListener("offline", () => this.connection(false));
    document.addEventListener("visibilitychange", () => this.countSoon());
  }

  door(paired: Paired): void {
    write("[data-event-title]", paired.event_title);
    write("[data-device-name]", paired.name);
  }

  connection(reached: boolean): void {
    this.offlineSince = reached ? undefined : (this.offlineSince ?? new Date());
    const line = first("[data-line]", HTMLElement);
    if (line) line.dataset["online"] = reached ? "yes" : "no";
    write("[data-line-words]", this.offlineSince ? say("offline", { time: timeOf(this.offlineSince) }) : say("online"));
  }

  pending(count: number): void {
    announce("[data-pending]", count > 0 ? say("queued", { count }) : "");
  }

  exit(on: boolean): void {
    toggle("[data-direction]", on);
  }

  /** Fresh numbers in a moment: several scans in a row ask once. Every count is a sign of life of the connection too. */
  countSoon(): void {
    this.again(SOON_MS);
  }

  stopCounting(): void {
    clearTimeout(this.timer);
    write("[data-count]", "");
  }

  private again(pause: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.count(), pause);
  }

  private async count(): Promise<void> {
    const counters = document.hidden ? undefined : await this.api.counters().catch(() => undefined);
    if (counters) this.show(counters);
    this.again(this.offlineSince ? ANXIOUS_PAUSE_MS : USUAL_PAUSE_MS);
  }

  private show({ inside, expected }: Counters): void {
    write("[data-count]", say("inside", { inside, expected }));
  }
}

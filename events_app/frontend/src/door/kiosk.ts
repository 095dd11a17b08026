import { all, first } from "../lib/dom";
import { toggle } from "./dom";
import type { Settings } from "./settings";

/** Unattended: the guests scan by themselves, so nothing else can be touched; holding the menu's button leads out. */
const HELD_MS = 2000;

export class Kiosk {
  private timer = 0;

  constructor(private readonly settings: Settings) {
    const button = first('[data-do="menu"]', HTMLElement);
    for (const kind of ["pointerdown", "keydown"]) button?.addEventListener(kind, () => this.press());
    for (const kind of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button?.addEventListener(kind, () => this.release());
  }

  get on(): boolean {
    return this.settings.is("kiosk");
  }

  /** As the switch says; the browser's frame goes only after a touch. */
  follow(): void {
    const door = first(".door", HTMLElement);
    if (door) door.dataset["kiosk"] = this.on ? "on" : "off";
    for (const part of all("[data-attended]", HTMLElement)) part.inert = this.on;
    toggle("[data-kiosk-words]", this.on);
    const done = this.on ? document.documentElement.requestFullscreen?.() : document.fullscreenElement && document.exitFullscreen();
    void Promise.resolve(done).catch(() => undefined);
  }

  private press(): void {
    if (this.on && !this.timer) this.timer = window.setTimeout(() => this.settings.set("kiosk", false), HELD_MS);
  }

  private release(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }
}

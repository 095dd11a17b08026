import { all } from "../lib/dom";

/** The switches of the menu, remembered on this device. */
export type Setting = "sound" | "vibration" | "exit" | "kiosk";

const USUAL: Record<Setting, boolean> = { sound: true, vibration: true, exit: false, kiosk: false };
const key = (name: string): string => `door-${name}`;

export class Settings {
  onChange: (name: Setting) => void = () => {};

  constructor() {
    for (const box of all("[data-setting]", HTMLInputElement)) {
      const name = box.dataset["setting"] as Setting;
      box.checked = this.is(name);
      box.addEventListener("change", () => this.set(name, box.checked));
    }
  }

  set(name: Setting, on: boolean): void {
    for (const box of all(`[data-setting="${name}"]`, HTMLInputElement)) box.checked = on;
    localStorage.setItem(key(name), on ? "yes" : "no");
    this.onChange(name);
  }

  is(name: Setting): boolean {
    const stored = localStorage.getItem(key(name));
    return stored === null ? USUAL[name] : stored === "yes";
  }
}

import { all } from "../lib/dom";

/** The switches of the menu, remembered on this device. */
export type Setting = "sound" | "vibration" | "exit";

const USUAL: Record<Setting, boolean> = { sound: true, vibration: true, exit: false };
const key = (name: string): string => `door-${name}`;

export class Settings {
  onChange: (name: Setting) => void = () => {};

  constructor() {
    for (const box of all("[data-setting]", HTMLInputElement)) {
      const name = box.dataset["setting"] as Setting;
      box.checked = this.is(name);
      box.addEventListener("change", () => {
        localStorage.setItem(key(name), box.checked ? "yes" : "no");
        this.onChange(name);
      });
    }
  }

  is(name: Setting): boolean {
    const stored = localStorage.getItem(key(name));
    return stored === null ? USUAL[name] : stored === "yes";
  }
}

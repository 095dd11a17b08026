import { all, first } from "../lib/dom";

export function toggle(selector: string, shown: boolean): void {
  for (const element of all(selector, HTMLElement)) element.hidden = !shown;
}

export function write(selector: string, text: string): void {
  const place = first(selector, HTMLElement);
  if (place) place.textContent = text;
}

/** A line that is there only while it says something. */
export function announce(selector: string, text: string): void {
  write(selector, text);
  toggle(selector, text !== "");
}

export function openSheet(name: string): void {
  const sheet = first(`[data-sheet="${name}"]`, HTMLDialogElement);
  if (sheet && !sheet.open) sheet.showModal();
}

export function closeSheets(): void {
  for (const sheet of all("dialog[open]", HTMLDialogElement)) sheet.close();
}

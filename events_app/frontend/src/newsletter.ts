/**
 * The newsletter's editor: what is typed shows in the frame below, a moment after the last key. Without this script the
 * button beside the frame does the same: it sends the form into the frame (`formtarget`).
 */
import { all, first } from "./lib/dom";

const AFTER_MS = 700;

for (const button of all("[data-preview]", HTMLButtonElement)) {
  const { form } = button;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => form?.requestSubmit(button);
  const concerns = (name: string): boolean => name === "events" || name.endsWith(`_${button.dataset["preview"] ?? ""}`);
  form?.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || !concerns(field.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, AFTER_MS);
  });
  // After an error or a count the form holds more than what is saved.
  const frame = first(`[name="preview-${button.dataset["preview"] ?? ""}"]`, HTMLIFrameElement);
  if (frame && !frame.getAttribute("src")) show();
}

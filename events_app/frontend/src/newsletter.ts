/**
 * The newsletter's editor: what is typed shows in the frame below, a moment after the last key. Without this script the
 * button beside the frame does the same: it sends the form into the frame (`formtarget`).
 */
import { all, first } from "./lib/dom";

const AFTER_MS = 700;

/** A frame without a past: what it shows next is no step that the back button would have to undo. */
function renew(name: string): void {
  const frame = first(`[name="${name}"]`, HTMLIFrameElement);
  const fresh = frame?.cloneNode();
  if (!frame || !(fresh instanceof HTMLIFrameElement)) return;
  fresh.removeAttribute("src");
  frame.replaceWith(fresh);
}

for (const button of all("[data-preview]", HTMLButtonElement)) {
  const { form } = button;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const name = `preview-${button.dataset["preview"] ?? ""}`;
  const show = (): void => {
    renew(name);
    form?.requestSubmit(button);
  };
  const language = `_${button.dataset["preview"] ?? ""}`;
  const concerns = (field: string): boolean => field === "events" || field.endsWith(language);
  form?.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || !concerns(field.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(show, AFTER_MS);
  });
  // After an error or a count the form holds more than what is saved.
  if (!first(`[name="${name}"]`, HTMLIFrameElement)?.getAttribute("src")) show();
}

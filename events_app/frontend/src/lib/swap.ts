import { all, first } from "./dom";

/**
 * A button with `data-swap="selector | selector"` asks the server without leaving the page: its form is sent as if the
 * button had been pressed, and the named parts of the answer take the places of those here. Parts with `role="status"`
 * stay and change their words, so that screen readers say them. Without this script the page is simply loaded anew.
 */
type Enhance = (part: HTMLElement) => void;

export function watchSwaps(form: HTMLFormElement, enhance: Enhance): void {
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button[data-swap]") : null;
    if (!button) return;
    event.preventDefault();
    if (!button.hasAttribute("aria-busy")) void press(form, button, enhance);
  });
}

async function press(form: HTMLFormElement, button: HTMLButtonElement, enhance: Enhance): Promise<void> {
  const selectors = (button.dataset["swap"] ?? "").split(" | ");
  button.setAttribute("aria-busy", "true");
  for (const said of selectors.flatMap((one) => all(one, HTMLElement)).filter(isStatus)) said.textContent = "";
  const answer = await ask(form, button);
  button.removeAttribute("aria-busy");
  if (!answer) return form.requestSubmit(button);
  const parts = selectors.map((one) => exchange(one, answer)).filter((part) => part !== undefined);
  parts.forEach(enhance);
  form.dispatchEvent(new Event("change"));
  const wrong = parts.map((part) => first("[aria-invalid=true]", HTMLElement, part)).find((field) => field);
  wrong?.focus();
}

async function ask(form: HTMLFormElement, button: HTMLButtonElement): Promise<Document | undefined> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
  body.append(button.name, button.value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
  } catch {
    return undefined;
  }
}

function exchange(selector: string, answer: Document): HTMLElement | undefined {
  const [here, there] = [first(selector, HTMLElement), answer.querySelector<HTMLElement>(selector)];
  if (!here || !there) return undefined;
  if (isStatus(here)) {
    here.textContent = there.textContent;
    return undefined;
  }
  const part = document.adoptNode(there);
  here.replaceWith(part);
  return part;
}

const isStatus = (element: HTMLElement): boolean => element.matches("[role=status]");

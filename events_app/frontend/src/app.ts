/** What every page gets: copy and print buttons, menus that close, one submit per press. All of it is a convenience. */
import { all, first } from "./lib/dom";
import { forgetArrived } from "./lib/keep";
import { guardDoubleSubmits } from "./lib/once";

const SHOWN_MS = 2500;

async function copy(button: HTMLButtonElement): Promise<void> {
  await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
  const label = first("span", HTMLElement, button);
  const before = label?.textContent ?? "";
  if (!label || button.dataset["copied"] === before) return;
  label.textContent = button.dataset["copied"] ?? before;
  label.setAttribute("role", "status");
  setTimeout(() => (label.textContent = before), SHOWN_MS);
}

function closeMenus(except?: Element | null): void {
  for (const menu of all("details.menu[open]", HTMLDetailsElement)) if (menu !== except) menu.open = false;
}

function onClick(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  closeMenus(target?.closest("details.menu"));
  const button = target?.closest("button");
  if (button?.matches("[data-copy]")) void copy(button);
  if (button?.matches("[data-print]")) print();
}

function onKey(event: KeyboardEvent): void {
  if (event.key !== "Escape") return;
  const menu = first("details.menu[open]", HTMLDetailsElement);
  closeMenus();
  if (menu) first("summary", HTMLElement, menu)?.focus();
}

document.documentElement.classList.replace("no-js", "js");
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
guardDoubleSubmits();
forgetArrived();
first("[data-focus]", HTMLElement)?.focus();

import { all, first } from "./dom";

/**
 * Rows that come and go (macros/forms.html, `repeat`): a click on add or remove works here and now instead of by a
 * round trip. `enhance` is called with each new row, so that its fields get their helpers.
 */
export type Enhance = (row: HTMLElement) => void;

const PLACEHOLDER = /__index__/g;

export function watchRepeats(form: HTMLFormElement, enhance: Enhance): void {
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const list = button?.closest<HTMLElement>("[data-repeat-list]");
    if (!button || !list) return;
    if (button.matches("[data-repeat-add]")) {
      event.preventDefault();
      addRow(list, nextIndex(list), enhance)?.querySelector<HTMLElement>("input, select, textarea")?.focus();
    } else if (button.matches("[data-repeat-remove]")) {
      event.preventDefault();
      removeRow(list, button);
    }
    form.dispatchEvent(new Event("change"));
  });
  for (const list of all("[data-repeat-list]", HTMLElement, form)) renumber(list);
}

/** Brings the list to the rows with these indices: adds what is missing, removes what is too much. */
export function makeRows(form: HTMLFormElement, listName: string, indices: string[], enhance: Enhance): void {
  const list = first(`[data-repeat-list="${CSS.escape(listName)}"]`, HTMLElement, form);
  if (!list || indices.length === 0) return;
  const present = new Set(rowsOf(list).map(indexOf));
  for (const index of indices) if (!present.has(index)) addRow(list, index, enhance);
  for (const row of rowsOf(list)) if (!indices.includes(indexOf(row))) row.remove();
  renumber(list);
}

const rowsOf = (list: HTMLElement): HTMLElement[] => all(":scope > [data-repeat-row]", HTMLElement, list);
const indexOf = (row: HTMLElement): string => row.dataset["repeatRow"] ?? "";

function nextIndex(list: HTMLElement): string {
  return String(Math.max(-1, ...rowsOf(list).map((row) => Number(indexOf(row)))) + 1);
}

function addRow(list: HTMLElement, index: string, enhance: Enhance): HTMLElement | undefined {
  const template = first(":scope > template", HTMLTemplateElement, list);
  if (!template || rowsOf(list).length >= Number(list.dataset["max"] ?? 200)) return undefined;
  const copy = document.createElement("template");
  copy.innerHTML = template.innerHTML.replace(PLACEHOLDER, index);
  const row = copy.content.firstElementChild;
  if (!(row instanceof HTMLElement)) return undefined;
  template.before(row);
  enhance(row);
  renumber(list);
  return row;
}

function removeRow(list: HTMLElement, button: HTMLElement): void {
  const row = button.closest<HTMLElement>("[data-repeat-row]");
  const neighbour = row?.previousElementSibling ?? row?.nextElementSibling;
  row?.remove();
  renumber(list);
  // The focus must not fall back to the top of the page with the row that had it.
  const next = neighbour?.querySelector<HTMLElement>("input, select") ?? first("[data-repeat-add]", HTMLElement, list);
  next?.focus();
}

function renumber(list: HTMLElement): void {
  rowsOf(list).forEach((row, place) => {
    const number = row.querySelector("[data-repeat-number]");
    if (number) number.textContent = String(place + 1);
  });
  const add = first("[data-repeat-add]", HTMLButtonElement, list);
  if (add) add.disabled = rowsOf(list).length >= Number(list.dataset["max"] ?? 200);
}

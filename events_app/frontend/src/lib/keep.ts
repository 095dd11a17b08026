import { all } from "./dom";

/**
 * Keeps what was typed into `<form data-keep>` (or `data-keep="name"` for several on a page) in this tab until the server has it, so that a reload or a wrong
 * tap loses nothing. Not kept: hidden fields, files, and fields with `data-keep-never` (consents that are to be given anew).
 */
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
type Kept = { fields: Record<string, string[]>; rows: Record<string, string[]> };
type MakeRows = (form: HTMLFormElement, list: string, indices: string[]) => void;

const DELAY_MS = 300;
const SENT = "keep-sent";
/** Inside another site's frame a browser may refuse to keep anything. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

const storageKey = (form: HTMLFormElement): string => `keep:${form.dataset["keep"] || location.pathname}`;

export function keepForm(form: HTMLFormElement, makeRows: MakeRows): void {
  const key = storageKey(form);
  // A page with errors already carries the newest values: the server's.
  if (!form.querySelector(".error-summary, [aria-invalid]")) restore(form, key, makeRows);
  let timer = 0;
  const save = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => storage()?.setItem(key, JSON.stringify(read(form))), DELAY_MS);
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  // On the document: a form that another script holds back for a moment has not been sent yet.
  document.addEventListener("submit", (event) => {
    if (event.target === form && !event.defaultPrevented) storage()?.setItem(SENT, key);
  });
}

/** A form that was sent and did not come back has arrived: what was kept of it can go. For every page. */
export function forgetArrived(): void {
  const key = storage()?.getItem(SENT);
  if (!key) return;
  storage()?.removeItem(SENT);
  const cameBack = all("form[data-keep]", HTMLFormElement).some((form) => storageKey(form) === key);
  if (!cameBack) storage()?.removeItem(key);
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return all("input[name], select[name], textarea[name]", HTMLElement, form).filter(
    (field): field is Field =>
      "value" in field && !field.matches("[type=hidden], [type=file], [type=password], [data-keep-never], .trap *"),
  );
}

function isChoice(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio");
}

function read(form: HTMLFormElement): Kept {
  const fields: Record<string, string[]> = {};
  for (const field of fieldsOf(form)) {
    const values = (fields[field.name] ??= []);
    if (!isChoice(field) || field.checked) values.push(field.value);
  }
  const rows: Record<string, string[]> = {};
  for (const list of all("[data-repeat-list]", HTMLElement, form)) {
    const indices = all(":scope > [data-repeat-row]", HTMLElement, list).map((row) => row.dataset["repeatRow"] ?? "");
    rows[list.dataset["repeatList"] ?? ""] = indices;
  }
  return { fields, rows };
}

function restore(form: HTMLFormElement, key: string, makeRows: MakeRows): void {
  const text = storage()?.getItem(key);
  if (!text) return;
  const kept = JSON.parse(text) as Kept;
  for (const [list, indices] of Object.entries(kept.rows)) makeRows(form, list, indices);
  for (const field of fieldsOf(form)) {
    const values = kept.fields[field.name];
    if (!values) continue;
    if (isChoice(field)) field.checked = values.includes(field.value);
    else field.value = values.shift() ?? field.value;
  }
}

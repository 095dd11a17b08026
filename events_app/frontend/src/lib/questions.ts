import { all, first } from "./dom";

/**
 * The editor of an event's questions (events/desk/rows.html): rows trade places in place, options are there only where
 * people choose, and a condition offers the questions above it with their answers. Without this script the buttons make
 * a round trip, and everything is there at once.
 */
export function watchQuestions(list: HTMLElement): void {
  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-move]") : null;
    const row = button?.closest<HTMLElement>("[data-repeat-row]");
    if (!button || !row) return;
    event.preventDefault();
    move(row, button.dataset["move"] === "up");
    settle(list);
    button.focus();
  });
  list.closest("form")?.addEventListener("change", () => settle(list));
  settle(list);
}

const rowsOf = (list: HTMLElement): HTMLElement[] => all(":scope > [data-repeat-row]", HTMLElement, list);

function move(row: HTMLElement, up: boolean): void {
  const other = up ? row.previousElementSibling : row.nextElementSibling;
  if (!(other instanceof HTMLElement) || !other.matches("[data-repeat-row]")) return;
  if (up) other.before(row);
  else other.after(row);
}

function settle(list: HTMLElement): void {
  const rows = rowsOf(list);
  const keys = new Set(rows.map((row) => valueOf(row, "key")));
  rows.forEach((row, place) => {
    setValue(row, "place", String(place));
    const number = first("[data-repeat-number]", HTMLElement, row);
    if (number) number.textContent = String(place + 1);
    for (const part of all("[data-for-choices]", HTMLElement, row)) part.hidden = !isChosen(row);
    nameRow(row, keys);
    for (const [way, last] of [["up", 0], ["down", rows.length - 1]] as const) {
      for (const button of all(`[data-move="${way}"]`, HTMLButtonElement, row)) button.ariaDisabled = String(place === last);
    }
  });
  rows.forEach((row, place) => offerConditions(row, rows.slice(0, place)));
}

/** A new question needs a name before it is stored, so that a condition can refer to it. */
function nameRow(row: HTMLElement, taken: Set<string>): void {
  const label = valueOf(row, "label").trim();
  if (valueOf(row, "key") !== "" || label === "") return;
  const words = label.toLowerCase().replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue").replaceAll("ß", "ss")
    .replace(/[^a-z0-9]+/g, "_").replace(/^[\d_]+|_+$/g, "").slice(0, 50) || "question";
  let key = words;
  for (let number = 2; taken.has(key); number += 1) key = `${words}_${number}`;
  taken.add(key);
  setValue(row, "key", key);
}

function offerConditions(row: HTMLElement, earlier: HTMLElement[]): void {
  const select = field(row, "show_if.key");
  if (!(select instanceof HTMLSelectElement)) return;
  const chosen = select.value;
  const known = earlier.filter((other) => valueOf(other, "key") !== "" && valueOf(other, "label") !== "");
  select.replaceChildren(
    ...all("option", HTMLOptionElement, select).slice(0, 1),
    ...known.map((other) => new Option(valueOf(other, "label"), valueOf(other, "key"))),
  );
  const asked = known.find((other) => valueOf(other, "key") === chosen);
  select.value = asked ? chosen : "";
  const frame = first("[data-equals]", HTMLElement, row);
  if (frame) offerAnswers(row, frame, asked);
}

function offerAnswers(row: HTMLElement, frame: HTMLElement, asked: HTMLElement | undefined): void {
  frame.hidden = asked === undefined;
  const old = field(row, "show_if.equals");
  const answers = asked ? answersOf(asked, frame) : [];
  const shown = old instanceof HTMLSelectElement ? all("option", HTMLOptionElement, old).map((one) => one.value).join("\n") : undefined;
  if (!old || (answers.length === 0 ? shown === undefined : shown === answers.map(([value]) => value).join("\n"))) return;
  const fresh = document.createElement(answers.length > 0 ? "select" : "input");
  for (const name of ["id", "name", "class", "aria-describedby"]) {
    const value = old.getAttribute(name);
    if (value !== null) fresh.setAttribute(name, value);
  }
  fresh.append(...answers.map(([value, text]) => new Option(text, value)));
  if (fresh instanceof HTMLInputElement || answers.some(([value]) => value === old.value)) fresh.value = old.value;
  old.replaceWith(fresh);
}

function answersOf(asked: HTMLElement, frame: HTMLElement): [string, string][] {
  if (valueOf(asked, "type") === "yes_no") return [["yes", frame.dataset["yes"] ?? ""], ["no", frame.dataset["no"] ?? ""]];
  if (!isChosen(asked)) return [];
  return valueOf(asked, "options").split("\n").map((line) => line.trim()).filter((line) => line !== "").map((line) => [line, line]);
}

const isChosen = (row: HTMLElement): boolean => ["choice", "choices"].includes(valueOf(row, "type"));

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function field(row: HTMLElement, part: string): Field | undefined {
  return all(`[name$=".${part}"]`, HTMLElement, row).find(
    (one): one is Field => "value" in one && (one as Field).name === `questions.${row.dataset["repeatRow"]}.${part}`,
  );
}

const valueOf = (row: HTMLElement, part: string): string => field(row, part)?.value ?? "";

function setValue(row: HTMLElement, part: string, value: string): void {
  const found = field(row, part);
  if (found) found.value = value;
}

import { first } from "../lib/dom";

/** The page's words, in the reader's language: they stand as JSON in templates/checkin/door.html. */
const texts = JSON.parse(first("#door-texts", HTMLScriptElement)?.textContent ?? "{}") as Record<string, string>;

export const language = document.documentElement.lang;

/** A text with its `{places}` filled in. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A moment as a time of day at the event: "9:05 Uhr" is the template's business, "09:05" ours. */
export function timeOf(moment: string | number | Date, timeZone?: string): string {
  const format: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (timeZone) format.timeZone = timeZone;
  return new Intl.DateTimeFormat(language, format).format(new Date(moment));
}

import { first } from "../lib/dom";

/** The page's words, in the reader's language: they stand as JSON in templates/checkin/door.html. */
const texts = JSON.parse(first("#door-texts", HTMLScriptElement)?.textContent ?? "{}") as Record<string, string>;

const language = document.documentElement.lang;

/** A text with its `{places}` filled in. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

let clock = clockOf(undefined);

/** Times are those at the event from now on, wherever the device believes to be. */
export function useTimeZone(zone: string): void {
  clock = clockOf(zone);
}

/** A moment as a time of day, as "09:05". */
export function timeOf(moment: string | number | Date): string {
  return clock.format(new Date(moment));
}

function clockOf(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false, timeZone });
}

/**
 * Pages that move by themselves: a run's progress (`[data-run]`, `[data-run-stream]`), live counts (`[data-stream]`).
 *
 * `<div data-run="/…json">` is asked each second for `{"status","stage","progress"}`, `<div data-run-stream="/…">` is told
 * them by server-sent events; its words stand in data-words-queued, data-words-scoring … (macros/desk.html, run_progress).
 * When the run has ended, the page is fetched anew.
 * `<dl data-stream="/…">` listens to server-sent events whose data is a flat JSON object, and writes the values into
 * `[data-count="name"]`. After that, parts of the page within it that have an id and `data-stream-part` are fetched anew, at
 * most each few seconds, and never while somebody is busy in one.
 *
 * `<div id="…" data-refetch aria-live="polite">` is fetched anew with its page each few seconds, and changes its content
 * where that has changed, until the answer's no longer has `data-refetch`.
 */
import { all, fetchJson, first } from "./lib/dom";

type Run = { status: string; stage: string | null; progress: number };

const ASK_EACH_MS = 1000;
const FETCH_EACH_MS = 3000;
const PARTS_EACH_MS = 4000;
const ENDED = new Set(["done", "failed", "cancelled"]);

function show(frame: HTMLElement, run: Run): void {
  const bar = first("progress", HTMLProgressElement, frame);
  const words = frame.getAttribute(`data-words-${run.stage ?? run.status}`) ?? "";
  if (bar) bar.value = run.progress;
  const [text, percent] = ["[data-run-words]", "[data-run-percent]"].map((part) => first(part, HTMLElement, frame));
  if (text && text.textContent !== words) text.textContent = words;
  if (percent) percent.textContent = `${Math.round(run.progress * 100)} %`;
}

async function follow(frame: HTMLElement): Promise<void> {
  const run = document.hidden ? undefined : await fetchJson<Run>(frame.dataset["run"] ?? "");
  if (run && ENDED.has(run.status)) return location.reload();
  if (run) show(frame, run);
  setTimeout(() => void follow(frame), ASK_EACH_MS);
}

function hear(frame: HTMLElement): void {
  const source = new EventSource(frame.dataset["runStream"] ?? "");
  source.addEventListener("message", (event: MessageEvent<string>) => {
    const run = JSON.parse(event.data) as Run;
    show(frame, run);
    if (!ENDED.has(run.status)) return;
    source.close();
    location.reload();
  });
}

function listen(frame: HTMLElement): void {
  const source = new EventSource(frame.dataset["stream"] ?? "");
  let told = false;
  source.addEventListener("message", (event: MessageEvent<string>) => {
    const counts = JSON.parse(event.data) as Record<string, unknown>;
    for (const place of all("[data-count]", HTMLElement, frame)) {
      const value = counts[place.dataset["count"] ?? ""];
      if (typeof value === "number") place.textContent = value.toLocaleString(document.documentElement.lang);
    }
    // the first message says what the page shows already
    if (told) refetchPartsSoon(frame);
    told = true;
  });
}

const waiting = new WeakSet<HTMLElement>();

function refetchPartsSoon(frame: HTMLElement): void {
  if (waiting.has(frame)) return;
  waiting.add(frame);
  setTimeout(() => {
    waiting.delete(frame);
    void refetchParts(frame);
  }, PARTS_EACH_MS);
}

async function refetchParts(frame: HTMLElement): Promise<void> {
  const page = await fetchPage();
  for (const part of page ? all("[data-stream-part]", HTMLElement, frame) : []) {
    const fresh = page?.getElementById(part.id);
    const busy = part.contains(document.activeElement) || part.querySelector("details[open]");
    if (fresh && !busy) part.replaceChildren(...fresh.childNodes);
  }
}

async function fetchPage(): Promise<Document | undefined> {
  const answer = document.hidden ? undefined : await fetch(location.href).catch(() => undefined);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
}

async function refetch(frame: HTMLElement): Promise<void> {
  const fresh = (await fetchPage())?.getElementById(frame.id);
  if (fresh && !fresh.matches("[data-refetch]")) return frame.replaceChildren(...fresh.childNodes);
  setTimeout(() => void refetch(frame), FETCH_EACH_MS);
}

all("[data-refetch]", HTMLElement).forEach((frame) => setTimeout(() => void refetch(frame), FETCH_EACH_MS));
all("[data-run]", HTMLElement).forEach((frame) => void follow(frame));
all("[data-run-stream]", HTMLElement).forEach(hear);
all("[data-stream]", HTMLElement).forEach(listen);

/** The rehearsal: one button tests what a door needs, and says in words and colours what is in order and what to do. */
import { say } from "./door/texts";
import { all, first } from "./lib/dom";
import { Checks } from "./rehearsal/checks";
import { Row, type Verdict } from "./rehearsal/row";

type Run = (row: Row) => Promise<Verdict>;

const checks = new Checks();
const video = first("[data-video]", HTMLVideoElement);
const summary = first("[data-summary]", HTMLElement);
const rows = new Map(all("[data-check]", HTMLElement).map((frame) => [frame.dataset["check"] ?? "", new Row(frame)]));
const runs: Record<string, Run> = {
  sync: () => checks.sync(),
  offline: () => checks.offline(),
  camera: (row) => (video ? checks.camera(row, video) : Promise.reject(new Error("no video"))),
  sound: (row) => checks.sound(row),
  printer: (row) => checks.printer(row),
};

async function test(name: string): Promise<void> {
  const [row, run] = [rows.get(name), runs[name]];
  if (!row || !run) return;
  row.show("running", "");
  const { state, text } = await run(row);
  row.show(state, text);
  sum();
}

/** One after the other, so that no two questions stand there at once. */
async function testAll(button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  for (const name of rows.keys()) await test(name);
  button.disabled = false;
  summary?.focus();
}

function sum(): void {
  const states = [...rows.values()].map((row) => row.state);
  const [wrong, open] = [states.filter((state) => state === "bad").length, states.filter((state) => state === "idle" || state === "running" || state === "ask").length];
  if (!summary) return;
  summary.dataset["state"] = wrong ? "bad" : open ? "idle" : "good";
  summary.textContent = wrong ? say("sum_wrong", { count: wrong }) : open ? "" : say("sum_good");
}

for (const [name, row] of rows) row.onAgain(() => void test(name));
const start = first("[data-start]", HTMLButtonElement);
start?.addEventListener("click", () => void testAll(start));

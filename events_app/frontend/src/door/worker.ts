import { first } from "../lib/dom";

/** The service worker (door-sw.ts): with it the page opens without network. What browsers without one lose is only that. */
export async function registerWorker(): Promise<void> {
  const workers = navigator.serviceWorker;
  const registration = await workers?.register("/door/sw.js", { scope: "/door" }).catch(() => undefined);
  if (!registration) return;
  if (registration.waiting && registration.active) renew(registration.waiting);
  await workers.ready;
  const door = first(".door", HTMLElement);
  if (door) door.dataset["offlineReady"] = "yes";
}

/** A newer version came since the page was last opened: it takes over now, before anybody is scanned. */
function renew(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage("take over");
}

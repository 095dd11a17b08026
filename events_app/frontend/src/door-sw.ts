/**
 * Keeps the door's page on the device: one version of it as a whole, so that page and scripts always fit each other. The
 * server puts the list of files in front of this script (checkin/web.py); a changed file makes a new worker.
 */
export {};

declare const self: ServiceWorkerGlobalScope & { DOOR: { version: string; languages: string[]; files: string[] } };

const { version, languages, files } = self.DOOR;
const PAGE = "/door";
const PREFIX = "door-";
const KEPT = `${PREFIX}${version}`;
const CHOICES = "choices-of-the-door";
const LANGUAGE = "/door/language";
const IMMUTABLE = new Set(files);

const pageIn = (language: string): string => `${PAGE}?lang=${language}`;

self.addEventListener("install", (event) => event.waitUntil(fetchAll()));

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("message", (event) => {
  if (event.data === "take over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (IMMUTABLE.has(pathname)) event.respondWith(kept(pathname, request));
  else if (request.mode !== "navigate") return;
  else if (pathname === PAGE) event.respondWith(page(request, searchParams.get("lang")));
  else event.respondWith(fetch(request).catch(() => page(request, null)));
});

/** Without cookies, so that fetching a language does not choose it. */
async function fetchAll(): Promise<void> {
  const cache = await caches.open(KEPT);
  const fresh = (path: string): Request => new Request(path, { cache: "no-cache", credentials: "omit" });
  await cache.addAll([...files.map((path) => new Request(path)), ...languages.map((language) => fresh(pageIn(language)))]);
  if (await caches.match(LANGUAGE)) return;
  const answer = await fetch(PAGE);
  await choose(answer.headers.get("content-language"));
}

async function takeOver(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(path: string, request: Request): Promise<Response> {
  return (await (await caches.open(KEPT)).match(path, { ignoreVary: true })) ?? fetch(request);
}

/** From the device, whether there is a network or not: a helper never waits for it. */
async function page(request: Request, chosen: string | null): Promise<Response> {
  if (chosen) await choose(chosen);
  const language = (await (await caches.match(LANGUAGE))?.text()) ?? languages[0] ?? "";
  const held = await (await caches.open(KEPT)).match(pageIn(language), { ignoreVary: true });
  // The cookie follows, for the site's other pages.
  if (held && chosen) void fetch(pageIn(chosen)).catch(() => undefined);
  return held ?? fetch(request);
}

async function choose(language: string | null): Promise<void> {
  if (language && languages.includes(language)) await (await caches.open(CHOICES)).put(LANGUAGE, new Response(language));
}

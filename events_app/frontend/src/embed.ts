/**
 * Runs in the page of another site: gives `<iframe data-clustertreff>` the height of what it shows. A plain script, served at /embed.js;
 * it leaves no name behind, and believes only frames of the site that it came from.
 */
(() => {
  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement)) return;
  const { origin } = new URL(script.src);
  const LEAST = 120;
  const MOST = 20_000;
  const seen = new WeakSet<HTMLIFrameElement>();

  const frameOf = (source: MessageEventSource | null): HTMLIFrameElement | undefined =>
    [...document.querySelectorAll<HTMLIFrameElement>("iframe[data-clustertreff]")].find((frame) => frame.contentWindow === source);

  /** A new page begins at its top: whoever has scrolled down to a button is taken there. */
  const showTop = (frame: HTMLIFrameElement): void => {
    if (seen.has(frame) && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    seen.add(frame);
  };

  addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.origin !== origin || typeof event.data !== "object" || event.data === null) return;
    const told = (event.data as { clustertreff?: unknown }).clustertreff;
    const frame = told === undefined ? undefined : frameOf(event.source);
    if (!frame) return;
    if (told === "shown") showTop(frame);
    if (typeof told === "number" && told > 0) frame.style.height = `${String(Math.min(Math.max(told, LEAST), MOST))}px`;
  });

  // A frame that was there before this script has told its height to nobody.
  for (const frame of document.querySelectorAll<HTMLIFrameElement>("iframe[data-clustertreff]"))
    frame.contentWindow?.postMessage({ clustertreff: "ask" }, "*");
})();

/**
 * Inside another site's frame: tells the page around it how high this one is, so that nobody scrolls twice.
 * Only a number leaves, so that any listener may have it; who may show the page at all says the security policy.
 */
if (parent !== self) {
  const tell = (): void => parent.postMessage({ clustertreff: Math.ceil(document.body.getBoundingClientRect().height) }, "*");
  parent.postMessage({ clustertreff: "shown" }, "*");
  addEventListener("message", ({ source, data }: MessageEvent<{ clustertreff?: unknown } | null>) => {
    if (source === parent && data?.clustertreff === "ask") tell();
  });
  new ResizeObserver(tell).observe(document.body);
  tell();
}

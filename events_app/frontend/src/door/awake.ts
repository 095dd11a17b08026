/** Keeps the screen on while the door is open. The lock is lost when the page is hidden, and taken again after. */
export function keepAwake(wanted: () => boolean): () => void {
  let lock: WakeLockSentinel | undefined;
  const take = async (): Promise<void> => {
    if (document.hidden || !wanted() || (lock && !lock.released)) return;
    // Refused with a low battery: then the screen follows the phone's own setting.
    lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
  };
  document.addEventListener("visibilitychange", () => void take());
  return () => void take();
}

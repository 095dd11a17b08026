/** All elements of one type that match, typed; others that match by mistake are left out. */
export function all<T extends Element>(selector: string, type: new () => T, root: ParentNode = document): T[] {
  return [...root.querySelectorAll(selector)].filter((element): element is T => element instanceof type);
}

export function first<T extends Element>(selector: string, type: new () => T, root: ParentNode = document): T | undefined {
  return all(selector, type, root)[0];
}

/** JSON from our own server, or undefined while it can't be had: every caller has a way to go on without. */
export async function fetchJson<T>(address: string, signal?: AbortSignal): Promise<T | undefined> {
  try {
    const answer = await fetch(address, { headers: { accept: "application/json" }, signal: signal ?? null });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

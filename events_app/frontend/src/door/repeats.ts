/** A ticket held in front of the camera is read many times a second, and counts once: until it was out of sight for 3 s. */
const PAUSE_MS = 3000;

export class Repeats {
  private readonly seen = new Map<string, number>();

  isRepeat(code: string, now: number): boolean {
    for (const [known, at] of this.seen) if (now - at >= PAUSE_MS) this.seen.delete(known);
    const again = this.seen.has(code);
    this.seen.set(code, now);
    return again;
  }
}

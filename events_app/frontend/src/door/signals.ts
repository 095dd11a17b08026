import type { Look } from "./answer";
import type { Settings } from "./settings";

/** A sound and a vibration for each answer, so that the helper need not look: rising is good, low and long is not. */
type Tone = [hertz: number, seconds: number];

const TONES: Record<Look, Tone[]> = {
  admitted: [
    [660, 0.09],
    [990, 0.16],
  ],
  left: [[520, 0.14]],
  already_inside: [
    [440, 0.12],
    [440, 0.12],
  ],
  kept: [
    [440, 0.12],
    [330, 0.12],
  ],
  refused: [[150, 0.55]],
  asks: [
    [440, 0.12],
    [440, 0.12],
  ],
  checking: [],
  locked: [[150, 0.55]],
  undone: [[520, 0.14]],
};
const VIBRATIONS: Record<Look, number[]> = {
  admitted: [60],
  left: [60],
  already_inside: [80, 60, 80],
  kept: [80, 60, 80],
  refused: [350],
  asks: [80, 60, 80],
  checking: [],
  locked: [350],
  undone: [60],
};
const GAP_SECONDS = 0.03;
const VOLUME = 0.35;

export class Signals {
  private context: AudioContext | undefined;

  constructor(private readonly settings: Settings) {
    // Browsers let a page sound only after it has been touched.
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => this.wake(), { once: true });
  }

  give(look: Look): void {
    // A page that nobody has touched yet may not vibrate: browsers that say so would only complain.
    const touched = navigator.userActivation?.hasBeenActive ?? true;
    if (touched && this.settings.is("vibration")) navigator.vibrate?.(VIBRATIONS[look]);
    if (this.settings.is("sound")) this.play(TONES[look], look === "refused" ? "square" : "sine");
  }

  private wake(): void {
    this.context ??= new AudioContext();
    void this.context.resume();
  }

  private play(tones: Tone[], shape: OscillatorType): void {
    const { context } = this;
    if (!context || context.state !== "running") return;
    let at = context.currentTime;
    for (const [hertz, seconds] of tones) {
      tone(context, shape, hertz, at, seconds);
      at += seconds + GAP_SECONDS;
    }
  }
}

function tone(context: AudioContext, shape: OscillatorType, hertz: number, at: number, seconds: number): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  oscillator.type = shape;
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(VOLUME, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}

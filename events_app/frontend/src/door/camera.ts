/** The camera: the back one first, switching to the next, its light and its zoom where it has them. */
type Range = { min: number; max: number; step: number };
type Abilities = MediaTrackCapabilities & { torch?: boolean; zoom?: Range };
export type CameraProblem = "camera_denied" | "camera_missing" | "camera_failed";

const CHOSEN = "door-camera";

export class Camera {
  private stream: MediaStream | undefined;
  private others: string[] = [];

  /** Called when it goes away by itself: pulled out, taken by another app. */
  onLost: () => void = () => {};

  constructor(private readonly video: HTMLVideoElement) {}

  get running(): boolean {
    return this.stream !== undefined;
  }

  /** More than one camera to choose from (known only while one is running). */
  get hasOthers(): boolean {
    return this.others.length > 1;
  }

  get hasTorch(): boolean {
    return this.abilities?.torch === true;
  }

  /** How far it reaches, if it can be told to. */
  get zoom(): Range | undefined {
    const zoom = this.abilities?.zoom;
    return zoom && zoom.max > zoom.min ? zoom : undefined;
  }

  /** Resolves to what is in the way, or to nothing once pictures come. */
  async start(): Promise<CameraProblem | undefined> {
    if (!navigator.mediaDevices?.getUserMedia) return "camera_missing";
    this.stop();
    try {
      this.stream = await open(localStorage.getItem(CHOSEN));
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.stop();
      return problem(error);
    }
    this.track?.addEventListener("ended", () => this.lose());
    this.others = (await navigator.mediaDevices.enumerateDevices())
      .filter((device) => device.kind === "videoinput")
      .map((device) => device.deviceId);
    return undefined;
  }

  stop(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
  }

  /** The next camera from now on, on this device also after a reload. */
  async flip(): Promise<CameraProblem | undefined> {
    const at = this.others.indexOf(this.track?.getSettings().deviceId ?? "");
    const next = this.others[(at + 1) % this.others.length];
    if (next) localStorage.setItem(CHOSEN, next);
    return this.start();
  }

  async light(on: boolean): Promise<void> {
    await this.track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
  }

  async zoomTo(factor: number): Promise<void> {
    await this.track?.applyConstraints({ advanced: [{ zoom: factor } as MediaTrackConstraintSet] });
  }

  private get abilities(): Abilities | undefined {
    return this.track?.getCapabilities?.();
  }

  private get track(): MediaStreamTrack | undefined {
    return this.stream?.getVideoTracks()[0];
  }

  private lose(): void {
    this.stop();
    this.onLost();
  }
}

const SIZE: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 } };

async function open(chosen: string | null): Promise<MediaStream> {
  const { mediaDevices } = navigator;
  if (chosen) {
    try {
      return await mediaDevices.getUserMedia({ video: { ...SIZE, deviceId: { exact: chosen } } });
    } catch (error) {
      if (problem(error) === "camera_denied") throw error;
      localStorage.removeItem(CHOSEN);
    }
  }
  return openBack();
}

/** The back camera even where a browser takes "ideal" lightly; a laptop or a webcam on a stand has none. */
async function openBack(): Promise<MediaStream> {
  const { mediaDevices } = navigator;
  try {
    return await mediaDevices.getUserMedia({ video: { ...SIZE, facingMode: { exact: "environment" } } });
  } catch (error) {
    if (problem(error) === "camera_denied") throw error;
    return mediaDevices.getUserMedia({ video: { ...SIZE, facingMode: { ideal: "environment" } } });
  }
}

function problem(error: unknown): CameraProblem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "camera_denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "camera_missing" : "camera_failed";
}

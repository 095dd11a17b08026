import { first } from "../lib/dom";
import { Camera, type CameraProblem } from "./camera";
import { announce, toggle } from "./dom";
import { Reader } from "./reader";
import { say } from "./texts";

/** The camera as the page shows it: its picture, its buttons, what is in its way, and the codes it reads. */
export class Lens {
  private readonly camera: Camera;
  private readonly reader: Reader;
  private readonly slider = first("[data-zoom] input", HTMLInputElement);

  constructor(
    private readonly video: HTMLVideoElement,
    onCode: (code: string) => void,
  ) {
    this.camera = new Camera(video);
    this.reader = new Reader(video, onCode);
    this.camera.onLost = () => this.show("camera_failed");
    document.addEventListener("visibilitychange", () => void this.recover());
    this.slider?.addEventListener("input", () => void this.camera.zoomTo(Number(this.slider?.value)));
  }

  async start(): Promise<void> {
    this.show(await this.camera.start());
  }

  /** Once allowed, it starts by itself; the first time it waits for a tap, so that the browser's question is expected. */
  async startIfAllowed(): Promise<void> {
    const permission = await navigator.permissions?.query({ name: "camera" as PermissionName }).catch(() => undefined);
    if (permission?.state === "granted") await this.start();
  }

  stop(): void {
    this.camera.stop();
    this.show(undefined);
  }

  async flip(): Promise<void> {
    this.show(await this.camera.flip());
  }

  async light(button: HTMLElement): Promise<void> {
    const on = button.getAttribute("aria-pressed") !== "true";
    await this.camera.light(on);
    button.setAttribute("aria-pressed", String(on));
  }

  private show(problem: CameraProblem | undefined): void {
    const { running, hasOthers, hasTorch, zoom } = this.camera;
    if (running) this.reader.start();
    else this.reader.stop();
    const door = first(".door", HTMLElement);
    if (door) door.dataset["camera"] = running ? "on" : "off";
    toggle("[data-begin]", !running);
    toggle("[data-aim]", running);
    toggle("[data-tools]", running && (hasOthers || hasTorch || zoom !== undefined));
    toggle("[data-zoom]", zoom !== undefined);
    if (zoom && this.slider) Object.assign(this.slider, { min: zoom.min, max: zoom.max, step: zoom.step || "any", value: zoom.min });
    toggle('[data-do="flip"]', hasOthers);
    toggle('[data-do="torch"]', hasTorch);
    announce("[data-camera-problem]", problem ? say(problem) : "");
  }

  /** Phones take the camera away from hidden pages without always saying so. */
  private async recover(): Promise<void> {
    if (!this.camera.running || document.hidden) return;
    if (this.video.paused || !this.video.videoWidth) await this.start();
  }
}

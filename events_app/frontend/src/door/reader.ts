import { makeQrReader } from "../lib/barcode";

/** Looks for QR codes in a video as long as it plays, one picture after the other, never two at once. */
const PAUSE_MS = 60;
const TICKET = "CT1";

export class Reader {
  private readonly detector = makeQrReader();
  private looking = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onCode: (code: string) => void,
  ) {}

  start(): void {
    if (this.looking) return;
    this.looking = true;
    void this.look();
  }

  stop(): void {
    this.looking = false;
  }

  private async look(): Promise<void> {
    while (this.looking) {
      const code = await this.read();
      if (code && this.looking) this.onCode(code);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** The ticket in the picture, else any other code. A picture that can't be read is no reason to stop looking. */
  private async read(): Promise<string | undefined> {
    if (document.hidden || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
    try {
      const codes = (await this.detector.detect(this.video)).map((found) => found.rawValue);
      return codes.find((code) => code.startsWith(TICKET)) ?? codes[0];
    } catch {
      return undefined;
    }
  }
}

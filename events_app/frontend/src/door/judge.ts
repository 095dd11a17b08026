import type { DoorApi, Scan, ScanResult } from "./api";

/** Whoever can say what a scan means: the server, and later the device itself with its roster. */
export interface Judge {
  /** Rejects with `Unreachable` if it can't say at the moment. */
  judge(scan: Scan): Promise<ScanResult>;
}

export class OnlineJudge implements Judge {
  constructor(private readonly api: DoorApi) {}

  async judge(scan: Scan): Promise<ScanResult> {
    const [result] = await this.api.scan([scan]);
    if (!result) throw new Error("no result for a scan");
    return result;
  }
}

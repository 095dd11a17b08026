import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";
import wasm from "zxing-wasm/reader/zxing_reader.wasm";

/** A QR reader that is the same in every browser; its WebAssembly comes from our own host (the package's default is a CDN). */
export function makeQrReader(): BarcodeDetector {
  void prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return new BarcodeDetector({ formats: ["qr_code"] });
}

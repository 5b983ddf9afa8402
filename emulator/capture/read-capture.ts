/** Reads capture files, whichever of the two formats they are in. */
import { open } from "node:fs/promises";
import { failure, success, type Outcome } from "../../core/common/index.ts";
import type { Capture } from "./captured.ts";
import { readPcap } from "./read-pcap.ts";
import { inOrder, readPcapng } from "./read-pcapng.ts";

/** Files beyond this are refused: packets are held in memory. */
const fileBytesMax = 1024 * 1024 * 1024;

/** A capture from the bytes of its file; never throws, whatever they are. */
export function readCapture(bytes: Uint8Array): Capture {
  return readPcap(bytes) ?? readPcapng(bytes);
}

/** The packets of several files as one capture: of the parts of a ring, or of a lab's interfaces. Problems: `no-capture`, `capture-too-large`. */
export async function readCaptureFiles(paths: readonly string[], bytesMax: number = fileBytesMax): Promise<Outcome<Capture>> {
  const captures: Capture[] = [];
  let left = bytesMax;
  for (const path of paths) {
    try {
      await using file = await open(path, "r");
      const { size } = await file.stat();
      left -= size;
      if (left < 0) {
        const message = `${path} makes more than ${bytesMax} bytes to read`;
        return failure({ severity: "error", code: "capture-too-large", message, hint: "editcap -c cuts a capture into smaller files" });
      }
      captures.push(readCapture(await file.readFile()));
    } catch (error) {
      const message = `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      return failure({ severity: "error", code: "no-capture", message });
    }
  }
  return success(joinCaptures(captures));
}

export function joinCaptures(captures: readonly Capture[]): Capture {
  return {
    interfaces: captures.flatMap((capture) => capture.interfaces),
    packets: inOrder(captures.flatMap((capture) => capture.packets)),
    counts: captures.flatMap((capture) => capture.counts),
    notes: captures.flatMap((capture) => capture.notes),
  };
}

/** A capture's files: one, or as many as a bound on their size lets stay. */
import { open, rm, type FileHandle } from "node:fs/promises";
import { blockCutter, sectionHeaderType, type PcapngBlock } from "./pcapng-blocks.ts";
import type { CaptureSink } from "./start-capture.ts";

export interface CaptureFiles extends CaptureSink {
  /** Oldest first. Complete after `close`. */
  readonly paths: readonly string[];
}

const interfaceType = 1;
/** Of a ring: the oldest is removed when another is begun, so that at least half of the bound is always there. */
const filesOfRing = 2;

const numbered = (path: string, number: number): string => path.replace(/(\.[^./]*)?$/, (extension) => `-${number}${extension}`);

/** One file that grows as long as the capture. */
async function singleFile(path: string): Promise<CaptureFiles> {
  const file = await open(path, "w");
  return {
    paths: [path],
    write: async (chunk) => void (await file.writeFile(chunk)),
    close: () => file.close(),
  };
}

/**
 * The capture in `path`, or, where `bytesMax` bounds it, in the last two of `path-1`, `path-2`, ..., each a whole pcapng file with the
 * interfaces' descriptions and at most half of `bytesMax` bytes long (longer only where one packet and the descriptions are).
 */
export async function captureFiles(path: string, bytesMax?: number): Promise<CaptureFiles> {
  if (bytesMax === undefined) return await singleFile(path);
  const cutter = blockCutter();
  const fileBytesMax = Math.floor(bytesMax / filesOfRing);
  const paths: string[] = [];
  const header: Buffer[] = [];
  let headerBytes = 0;
  let isHeader = true;
  let file: FileHandle | undefined;
  let fileBytes = 0;
  let begun = 0;
  let pending: Uint8Array[] = [];

  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(pending);
    pending = [];
    await file?.writeFile(bytes);
  };
  const beginFile = async (): Promise<void> => {
    await flush();
    await file?.close();
    file = undefined;
    begun += 1;
    paths.push(numbered(path, begun));
    const oldest = paths.length > filesOfRing ? paths.shift() : undefined;
    if (oldest !== undefined) await rm(oldest, { force: true });
    file = await open(numbered(path, begun), "w");
    pending.push(...header);
    fileBytes = headerBytes;
  };
  const take = async ({ type, bytes }: PcapngBlock): Promise<void> => {
    isHeader &&= type === sectionHeaderType || type === interfaceType;
    if (isHeader) {
      header.push(Buffer.from(bytes));
      headerBytes += bytes.length;
      return;
    }
    if (file === undefined || (fileBytes + bytes.length > fileBytesMax && fileBytes > headerBytes)) await beginFile();
    pending.push(bytes);
    fileBytes += bytes.length;
  };
  return {
    paths,
    async write(chunk) {
      for (const block of cutter.push(chunk)) await take(block);
      await flush();
    },
    async close() {
      // A capture that saw nothing and was cut off is a file all the same.
      if (file === undefined && header.length > 0) await beginFile();
      await flush();
      await file?.close();
    },
  };
}

import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

/** Calls `onLine` for each line of a stream of UTF-8, without its line feed, however the stream is cut into chunks. */
export function splitLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (chunk: Buffer | string) => {
    const parts = (rest + (typeof chunk === "string" ? chunk : decoder.write(chunk))).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) onLine(line);
  });
}

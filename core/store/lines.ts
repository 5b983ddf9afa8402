/** Cutting a byte stream into lines, with a bound. */

/**
 * Collects chunks and hands out whole lines. Chunks are joined only when a line ends, so that a long line that comes
 * in many chunks costs its length once. `push` answers false when a line grew beyond the bound; the stream is then of no more use.
 */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #length = 0;

  constructor(maxLineBytes: number, onLine: (line: string) => void) {
    this.#maxLineBytes = maxLineBytes;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): boolean {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const tail = chunk.subarray(start, end);
      if (this.#length + tail.length > this.#maxLineBytes) return false;
      const line = this.#parts.length === 0 ? tail.toString("utf8") : Buffer.concat([...this.#parts, tail]).toString("utf8");
      this.#parts = [];
      this.#length = 0;
      start = end + 1;
      if (line !== "") this.#onLine(line);
    }
    if (start < chunk.length) {
      this.#parts.push(chunk.subarray(start));
      this.#length += chunk.length - start;
    }
    return this.#length <= this.#maxLineBytes;
  }
}

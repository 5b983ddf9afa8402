/** What `native run` writes: a line of id, code and the lengths of both outputs, then the outputs as they are. */

export interface ProgramAnswer {
  readonly id: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Header {
  readonly id: string;
  readonly code: number;
  /** Of standard output and of standard error, in bytes. */
  readonly lengths: readonly [number, number];
}

const lineFeed = 0x0a;

function readHeader(line: string): Header {
  const [id = "", code, stdout, stderr] = line.split("\t");
  return { id, code: Number(code), lengths: [Number(stdout), Number(stderr)] };
}

/** Takes bytes as they come, in any pieces, and hands over each answer once it is whole. */
export function createAnswerReader(onAnswer: (answer: ProgramAnswer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  let header: Header | undefined;

  /** The held bytes as one piece. Joined only when they suffice, so that a long output is copied once. */
  const joined = (): Buffer => {
    const [first, ...others] = chunks;
    const whole = first !== undefined && others.length === 0 ? first : Buffer.concat(chunks);
    chunks = [whole];
    return whole;
  };
  const drop = (whole: Buffer, length: number): void => {
    chunks = [whole.subarray(length)];
    held -= length;
  };

  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    for (;;) {
      if (header === undefined) {
        const whole = joined();
        const end = whole.indexOf(lineFeed);
        if (end < 0) return;
        header = readHeader(whole.toString("utf8", 0, end));
        drop(whole, end + 1);
      }
      const { id, code, lengths } = header;
      const [first, second] = lengths;
      if (held < first + second) return;
      const whole = joined();
      header = undefined;
      drop(whole, first + second);
      onAnswer({ id, code, stdout: whole.toString("utf8", 0, first), stderr: whole.toString("utf8", first, first + second) });
    }
  };
}

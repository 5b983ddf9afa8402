/** Command lines in the test's own process: nothing is loaded twice. Launcher, streams and users need a process of their own. */
import { runCommandLine } from "./command-line.ts";

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

interface Surroundings {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Keeps what is written to a stream; the other function lets it through again. */
function keep(stream: NodeJS.WriteStream): { readonly text: () => string; readonly release: () => void } {
  const write = stream.write.bind(stream);
  let text = "";
  stream.write = (part: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    text += typeof part === "string" ? part : Buffer.from(part).toString("utf8");
    const written = rest.find((one) => typeof one === "function") as (() => void) | undefined;
    written?.();
    return true;
  };
  return { text: () => text, release: () => void (stream.write = write) };
}

/** What the command writes and exits with, in that folder. One at a time: streams, folder and environment are the process's. */
export async function called(argv: readonly string[], { folder, env = {} }: Surroundings): Promise<Called> {
  const before = { folder: process.cwd(), env: { ...process.env }, exitCode: process.exitCode };
  const [out, error] = [keep(process.stdout), keep(process.stderr)];
  try {
    process.chdir(folder);
    Object.assign(process.env, env);
    process.exitCode = undefined;
    await runCommandLine(argv);
    return { code: Number(process.exitCode ?? 0), out: out.text(), error: error.text() };
  } finally {
    process.exitCode = before.exitCode;
    for (const name of Object.keys(process.env)) if (before.env[name] === undefined) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before.env);
    process.chdir(before.folder);
    out.release();
    error.release();
  }
}

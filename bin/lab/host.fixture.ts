/** Hosts that lack something, made by the kernel's own means: what runs there is refused as it is where the thing is missing. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll } from "vitest";

const launcher = new URL("../../farmlab", import.meta.url).pathname;

export interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly error: string;
}

/** Runs a program to its end, with nothing on standard input. */
export async function run(argv: readonly [string, ...string[]], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [program, ...rest] = argv;
  const { exitCode, stdout, stderr } = await execa(program, rest, { reject: false, stripFinalNewline: false, stdin: "ignore", env });
  return { code: exitCode, out: stdout, error: stderr };
}

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "farmlab-host-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Numbers of the kernel's (socket(2), netlink(7), errno(3)). */
const packetFamily = 17;
const netlinkFamily = 16;
const netfilterProtocol = 12;
const protocolNotSupported = 93;
const familyNotSupported = 97;

/** What to write before a program so that it runs where packets' sockets are missing, or nftables. */
export function socketRefusers(folder: string): { readonly noPacketSockets: readonly string[]; readonly noNftables: readonly string[] } {
  const program = join(folder, "refuse-socket");
  execFileSync("gcc", ["-O1", "-Wall", "-Werror", "-o", program, new URL("refuse-socket.c", import.meta.url).pathname]);
  return {
    noPacketSockets: [program, `${packetFamily}`, "-1", `${familyNotSupported}`],
    noNftables: [program, `${netlinkFamily}`, `${netfilterProtocol}`, `${protocolNotSupported}`],
  };
}

/** farmlab with these arguments, below what is written before it. */
export function farmlab(argv: readonly string[], before: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const [program = launcher, ...rest] = [...before, launcher, ...argv];
  return run([program, ...rest], env);
}

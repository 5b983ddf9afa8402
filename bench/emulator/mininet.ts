/** The same shape by Mininet (Debian's package), in namespaces that end with it. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Shape } from "./shapes.ts";
import type { Timing } from "./timing.ts";

const program = fileURLToPath(new URL("with-mininet.py", import.meta.url));
/** Debian's Python, whose packages apt installs; another one on PATH has none of them. */
const python = "/usr/bin/python3";

/** Undefined where this machine has no Mininet. */
export async function timeMininet(shape: Shape): Promise<Timing | undefined> {
  if (!existsSync("/usr/lib/python3/dist-packages/mininet")) return undefined;
  const own = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const child = spawn("unshare", [...own, python, program], { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  child.stdin.end(JSON.stringify(shape));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`mininet ended with ${String(code)}: ${complaints.slice(-1000)}`);
  return JSON.parse(output) as Timing;
}

/** Attempts in namespaces of their own: what one makes is gone when its process ends. */
import { execFile, spawn } from "node:child_process";
import { open, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

/** Undefined when the attempt worked, else the answer of whoever refused. */
export type Refusal = string | undefined;

const attemptTimeoutMs = 1000;

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

/** Whether a refusal says that the tool for the attempt is missing, which is no answer about the host. */
export const isToolMissing = (refusal: Refusal): boolean => refusal !== undefined && /\bENOENT\b|failed to execute/.test(refusal);

function run(argv: readonly [string, ...string[]]): Promise<Refusal> {
  const [program, ...rest] = argv;
  return new Promise((resolve) => {
    execFile(program, rest, { timeout: attemptTimeoutMs, killSignal: "SIGKILL" }, (error, _, stderr) => {
      resolve(error === null ? undefined : firstLine(stderr) || error.message);
    });
  });
}

/** Runs a network tool in a new user and network namespace: the node image's where `rootfs` is given, else this machine's own. */
export function attemptInNamespace(rootfs: string | undefined, argv: readonly string[]): Promise<Refusal> {
  const root = rootfs === undefined ? [] : [`--root=${rootfs}`];
  return run(["unshare", "--user", "--map-root-user", "--net", "--mount", ...root, "--", ...argv]);
}

/** Makes namespaces as a lab's sandbox does, and mounts in them: an unshare alone can succeed with its rights stripped. */
export async function attemptSandbox(root: boolean, idStart: number, idCount: number): Promise<Refusal> {
  const unshare = ["--user", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];
  const mount = ["mount", "-t", "tmpfs", "tmpfs", "/mnt"];
  if (!root) return run(["unshare", ...unshare, "--map-root-user", "--", ...mount]);

  const script = 'echo ready; read -r _; exec setpriv --reuid 0 --regid 0 --clear-groups "$@"';
  const child = spawn("unshare", [...unshare, "--keep-caps", "--", "sh", "-c", script, "sandbox", ...mount], { stdio: "pipe" });
  const timer = setTimeout(() => child.kill("SIGKILL"), attemptTimeoutMs);
  let answer = "";
  child.stderr.on("data", (text: Buffer) => (answer += text.toString()));
  // Its end before the map is written shows in the exit code.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.on("error", (error) => {
      answer = error.message;
      resolve(null);
    });
    child.on("close", resolve);
  });
  createInterface({ input: child.stdout }).once("line", () => {
    const map = `0 ${idStart} ${idCount}`;
    Promise.all(["uid_map", "gid_map"].map((file) => writeFile(`/proc/${child.pid}/${file}`, map))).then(
      () => child.stdin.end("go\n"),
      (error: Error) => {
        answer = error.message;
        child.kill("SIGKILL");
      },
    );
  });
  const code = await ended;
  clearTimeout(timer);
  return code === 0 ? undefined : firstLine(answer) || `ended with code ${code}`;
}

/**
 * The TUN device as a lab gets it: a node of our own where the kernel lets us make one, on a mount that nobody else sees; else the
 * machine's, which the mapped ids of a lab must be allowed to open.
 */
export async function attemptTun(root: boolean): Promise<Refusal> {
  const make = "mount -t tmpfs tmpfs /mnt && mknod /mnt/tun c 10 200 && exec 3<>/mnt/tun";
  const refusal = root ? await run(["unshare", "--mount", "sh", "-c", make]) : "a device node takes root";
  if (refusal === undefined || isToolMissing(refusal)) return refusal;
  try {
    await using device = await open("/dev/net/tun", "r+");
    const { mode } = await device.stat();
    return (mode & 0o006) === 0o006 ? undefined : "not everybody may open /dev/net/tun";
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^E[A-Z]+: /, "") : String(error);
  }
}

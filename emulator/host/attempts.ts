/** Attempts in namespaces of their own: what one makes is gone when its process ends. */
import { execFile, spawn } from "node:child_process";
import { open, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

/** Undefined when the attempt worked, else the answer of whoever refused. */
export type Refusal = string | undefined;

const attemptTimeoutMs = 1000;

function run(argv: readonly [string, ...string[]]): Promise<Refusal> {
  const [program, ...rest] = argv;
  return new Promise((resolve) => {
    execFile(program, rest, { timeout: attemptTimeoutMs, killSignal: "SIGKILL" }, (error, _, stderr) => {
      resolve(error === null ? undefined : (stderr.trim().split("\n")[0] ?? "") || error.message);
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
  return code === 0 ? undefined : (answer.trim().split("\n")[0] ?? "") || `ended with code ${code}`;
}

/** Opens the TUN device: the machine's, or as root a node of our own on a mount that nobody else sees. */
export async function attemptTun(root: boolean): Promise<Refusal> {
  try {
    await (await open("/dev/net/tun", "r+")).close();
    return undefined;
  } catch (error) {
    if (!root) return String(error);
    return run(["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt && mknod /mnt/tun c 10 200 && exec 3<>/mnt/tun"]);
  }
}

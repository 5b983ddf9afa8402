/** Attempts in namespaces of their own: what one makes is gone when its process ends. */
import { execFile, spawn } from "node:child_process";
import { open, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";

/** Undefined when the attempt worked, else the answer of whoever refused. */
export type Refusal = string | undefined;

/** A hundred times and more what one takes: on a machine at its limit one second was too short, and laws were skipped for what was there. */
export const attemptTimeoutMs = 20_000;

/** Without the words with which iproute2 and nft begin whatever they say. */
const firstLine = (text: string): string => (text.trim().split("\n")[0] ?? "").replace(/^(Error|RTNETLINK answers): /, "");

/** Whether a refusal says that the tool for the attempt is missing, which is no answer about the host. */
export const isToolMissing = (refusal: Refusal): boolean => refusal !== undefined && /\bENOENT\b|failed to execute/.test(refusal);

interface Ran {
  readonly error: Error | null;
  readonly stderr: string;
}

function start(argv: readonly [string, ...string[]], input = ""): Promise<Ran> {
  const [program, ...rest] = argv;
  return new Promise((resolve) => {
    const child = execFile(program, rest, { timeout: attemptTimeoutMs, killSignal: "SIGKILL" }, (error, _, stderr) => {
      const late = error?.killed === true ? `no answer within ${attemptTimeoutMs} ms` : stderr;
      resolve({ error, stderr: late });
    });
    // A program need not read its input; what became of it is told by its code.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

async function run(argv: readonly [string, ...string[]]): Promise<Refusal> {
  const { error, stderr } = await start(argv);
  return error === null ? undefined : firstLine(stderr) || error.message;
}

const inNamespace = (rootfs: string | undefined, argv: readonly string[]): [string, ...string[]] => {
  const root = rootfs === undefined ? [] : [`--root=${rootfs}`];
  return ["unshare", "--user", "--map-root-user", "--net", "--mount", ...root, "--", ...argv];
};

/** Runs a network tool in a new user and network namespace: the node image's where `rootfs` is given, else this machine's own. */
export function attemptInNamespace(rootfs: string | undefined, argv: readonly string[]): Promise<Refusal> {
  return run(inNamespace(rootfs, argv));
}

/** Adds links in one new namespace, each given by the words after `ip link add`; the answers are in their order. */
export async function attemptLinks(rootfs: string | undefined, links: readonly string[]): Promise<readonly Refusal[]> {
  const { error, stderr } = await start(
    inNamespace(rootfs, ["ip", "-force", "-batch", "-"]),
    links.map((words) => `link add ${words}\n`).join(""),
  );
  if (error === null) return links.map(() => undefined);
  // What was said of a line stands before `Command failed -:3`, which names the line.
  const answers = new Map(
    [...stderr.matchAll(/([^\n]*)\nCommand failed -:(\d+)/g)].map(([, words, line]) => [Number(line), firstLine(words ?? "")]),
  );
  const whole = firstLine(stderr) || error.message;
  return links.map((_, index) => (answers.size === 0 ? whole : answers.get(index + 1)));
}

/** Whether an ordinary user may make a sandbox; asked as root, who becomes `nobody` for it. */
export function attemptAsOrdinaryUser(): Promise<Refusal> {
  const become = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "--ambient-caps=-all"];
  return run(["setpriv", ...become, "--", ...sandboxOfUser]);
}

const sandboxNamespaces = ["--user", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];
const sandboxMount = ["mount", "-t", "tmpfs", "tmpfs", "/mnt"];
const sandboxOfUser = ["unshare", ...sandboxNamespaces, "--map-root-user", "--", ...sandboxMount] as const;

/**
 * Makes namespaces as a lab's sandbox of a user who is not root does, and mounts in them: an unshare alone can succeed with its rights stripped.
 * `mapped`: what to write before a program to make it root of a namespace with the user's subordinate ids, where that is there.
 */
export function attemptSandboxOfUser(mapped: readonly string[]): Promise<Refusal> {
  const [program = "", ...rest] = [...mapped, ...sandboxOfUser];
  return run([program, ...rest]);
}

/** The same for root, with ids of this machine that a lab's are mapped to. */
export async function attemptSandboxOfRoot(idStart: number, idCount: number): Promise<Refusal> {
  const script = 'echo ready; read -r _; exec setpriv --reuid 0 --regid 0 --clear-groups "$@"';
  const child = spawn("unshare", [...sandboxNamespaces, "--keep-caps", "--", "sh", "-c", script, "sandbox", ...sandboxMount], {
    stdio: "pipe",
  });
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

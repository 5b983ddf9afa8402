/** Labs of this machine, found by the locks that their holders hold: abstract socket names, which vanish with their process. */
import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";

const prefixOf = (userId: number): string => `farmlab/lab/${userId}/`;
const answerWaitMs = 1000;

export interface RunningLab {
  readonly name: string;
  readonly holderPid: number;
  /** The lab's first process, as this process sees it. */
  readonly sandboxPid: number;
}

/** Asks the holder who it is; undefined when it ends meanwhile or is another user's. */
function askHolder(name: string, userId: number): Promise<RunningLab | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ path: `\0${prefixOf(userId)}${name}` });
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(answerWaitMs, () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => {
      const [holderPid, sandboxPid] = text.trim().split("\t").map(Number);
      resolve(holderPid === undefined || sandboxPid === undefined ? undefined : { name, holderPid, sandboxPid });
    });
  });
}

/** All labs that run now and belong to the given user. */
export async function listLabs(userId: number): Promise<RunningLab[]> {
  const table = await readFile("/proc/net/unix", "utf8");
  const prefix = `@${prefixOf(userId)}`;
  const names = new Set(
    table
      .split("\n")
      .map((line) => line.split(" ").at(-1) ?? "")
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length)),
  );
  const labs = await Promise.all([...names].toSorted().map((name) => askHolder(name, userId)));
  return labs.filter((lab) => lab !== undefined);
}

export async function findLab(name: string, userId: number): Promise<RunningLab | undefined> {
  return askHolder(name, userId);
}

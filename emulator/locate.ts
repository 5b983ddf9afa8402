/** Labs of this machine, of all backends, found by the locks that their holders hold: abstract socket names, which vanish with their process. */
import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";

const prefixOf = (userId: number): string => `farmlab/lab/${userId}/`;
const answerWaitMs = 1000;
const answerBytesMax = 600;

interface Held {
  readonly name: string;
  /** The process that the lab ends with; on SIGTERM it takes the lab down. */
  readonly holderPid: number;
}

export type RunningLab = Held &
  (
    | {
        readonly backend: "netns";
        /** The lab's first process, as this process sees it. */
        readonly sandboxPid: number;
      }
    | {
        readonly backend: "containerlab";
        /** Socket of the engine that runs the lab's containers. */
        readonly engineSocket: string;
      }
  );

/** A field of a process' status; undefined when there is no such process. */
async function statusField(pid: number, field: string): Promise<string | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return new RegExp(`^${field}:\\s*(\\S+)`, "m").exec(status)?.[1];
}

/** Anybody may take an abstract name and answer there: only a process of the user's own is believed, and only of its own child. */
async function isBelieved(lab: RunningLab, userId: number): Promise<boolean> {
  const [name, owner, parent] = await Promise.all([
    statusField(lab.holderPid, "Name"),
    statusField(lab.holderPid, "Uid"),
    lab.backend === "netns" ? statusField(lab.sandboxPid, "PPid") : String(lab.holderPid),
  ]);
  return name === "farmlab-holder" && owner === String(userId) && parent === String(lab.holderPid);
}

/** What a holder answers: its process, the lab's first process or 0, and where there is none, the backend and its engine. */
function readAnswer(name: string, text: string): RunningLab | undefined {
  const [, holder = "", sandbox = "", engineSocket] = /^(\d+)\t(\d+)(?:\tcontainerlab\t(\/[^\t\n]*))?\n$/.exec(text) ?? [];
  if (holder === "") return undefined;
  const held = { name, holderPid: Number(holder) };
  return engineSocket === undefined
    ? { ...held, backend: "netns", sandboxPid: Number(sandbox) }
    : { ...held, backend: "containerlab", engineSocket };
}

/** Asks the holder who it is; undefined when it ends meanwhile or is another user's. */
async function askHolder(name: string, userId: number): Promise<RunningLab | undefined> {
  const lab = await new Promise<RunningLab | undefined>((resolve) => {
    const socket = createConnection({ path: `\0${prefixOf(userId)}${name}` });
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(answerWaitMs, () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > answerBytesMax) socket.destroy();
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => {
      resolve(readAnswer(name, text));
    });
  });
  return lab !== undefined && (await isBelieved(lab, userId)) ? lab : undefined;
}

/** All labs that run now and belong to the given user. */
export async function listLabs(userId: number): Promise<RunningLab[]> {
  const table = await readFile("/proc/net/unix", "utf8");
  const prefix = `@${prefixOf(userId)}`;
  const paths = table.split("\n").map((line) => line.split(" ").at(-1) ?? "");
  const names = new Set(paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
  const labs = await Promise.all([...names].toSorted().map((name) => askHolder(name, userId)));
  return labs.filter((lab) => lab !== undefined);
}

export async function findLab(name: string, userId: number): Promise<RunningLab | undefined> {
  return askHolder(name, userId);
}

/**
 * Why the kernel threw packets away, where this host says so: root, and a kernel with BPF and its own types (BTF). What it says of each
 * carries the packet's first bytes and its network namespace, so that it is known of which packet of which lab it is.
 */
import { spawn } from "node:child_process";
import { decodeLine } from "../../core/common/index.ts";
import type { Lab } from "../lab.ts";
import { splitLines } from "../probe/lines.ts";

export interface PacketDrop {
  /** Nanoseconds since 1970, on the clock of captures. */
  readonly timeNs: bigint;
  /** As the kernel calls it, without SKB_DROP_REASON_: `NETFILTER_DROP`, `NO_SOCKET`, ... (include/net/dropreason-core.h). */
  readonly reason: string;
  /** The function that gave it up. */
  readonly function: string;
  /** `node`, or `node/namespace`. */
  readonly where: string;
  /** The interface that the packet came from or was to leave by; empty for one that had none yet. */
  readonly interface: string;
  /** Its first bytes from the IP header on; of a shorter packet, with what lay behind it. */
  readonly bytes: Uint8Array;
}

/** `WHERE: REASON, by FUNCTION, interface NAME`, without the last where there was none. */
export const dropText = ({ where, reason, function: place, interface: link }: PacketDrop): string =>
  `${where}: ${reason}, by ${place}${link === "" ? "" : `, interface ${link}`}`;

export interface DropsResult {
  readonly drops: readonly PacketDrop[];
  /** Drops that are missing because there were too many at once. */
  readonly lost: number;
}

export interface DropWatch {
  /** The latest ones until now, whatever they are like: as many as were asked for. In the order in which the kernel told them. */
  recent(): readonly PacketDrop[];
  /** Ends it; every drop until now is in the result. Idempotent. */
  stop(): Promise<DropsResult>;
}

/** What there is of it on this host: a watch, or why there is none, in words. */
export type DropReasons = { readonly watch: DropWatch } | { readonly unavailable: string };

export interface DropsKept {
  /** Of drops for which this answers the same only the first is kept; default: all are. */
  readonly alike?: (drop: PacketDrop) => string;
  /** So many of the latest are kept beside them; default: none. */
  readonly recent?: number;
}

/** More are counted as lost. */
const dropsMax = 100_000;
const namespaceFile = "/proc/self/ns/net";

/**
 * Where these functions drop, a copy for a listener ends and not the packet: the copy for a capture, and that of an echo's answer for
 * ping sockets, which a raw socket has taken.
 */
const copiesEnd: readonly string[] = ["packet_rcv", "tpacket_rcv", "ping_rcv"];

/** The lab's network namespaces as they are now: the inode of each and where it is, `node` or `node/namespace`. */
export async function labNamespaces(lab: Lab): Promise<Map<number, string>> {
  const found = await Promise.all(
    lab.topology.nodes.map(async ({ name }) => {
      const node = lab.node(name);
      const listed = await node.exec(["ls", "/run/netns"]);
      const inside = listed.code === 0 ? listed.stdout.split("\n").filter((one) => one !== "") : [];
      const files = [namespaceFile, ...inside.map((one) => `/run/netns/${one}`)];
      const { stdout } = await node.exec(["stat", "-Lc", "%i %n", ...files]);
      return stdout.split("\n").flatMap((line): [number, string][] => {
        const [, inode, file] = /^(\d+) (.*)$/.exec(line) ?? [];
        if (inode === undefined || file === undefined) return [];
        return [[Number(inode), file === namespaceFile ? name : `${name}/${file.slice("/run/netns/".length)}`]];
      });
    }),
  );
  return new Map(found.flat());
}

/** The same few words over and over: each once, and not as parts of the text that they came in, which would be kept for them. */
function createWords(): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    const copy = known.get(word) ?? Buffer.from(word).toString();
    known.set(copy, copy);
    return copy;
  };
}

function readDrop(
  fields: readonly string[],
  namespaces: ReadonlyMap<number, string>,
  wordOf: (word: string) => string,
): PacketDrop | undefined {
  const [time, reason, place, namespace, itsInterface, bytes] = fields;
  const where = namespaces.get(Number(namespace));
  if (time === undefined || reason === undefined || place === undefined || where === undefined) return undefined;
  if (copiesEnd.includes(place)) return undefined;
  const words = { reason: wordOf(reason), function: wordOf(place), interface: wordOf(itsInterface ?? "") };
  return { ...words, timeNs: BigInt(time), where, bytes: Buffer.from(bytes ?? "", "hex") };
}

/**
 * Follows the drops in some network namespaces. Nothing on the host changes, and nothing outlives the process.
 * `native`: path of farmlab's helper; it runs beside the lab and not in it, for the kernel tells this to the host's root alone.
 */
export async function followDrops(
  native: string,
  namespaces: ReadonlyMap<number, string>,
  { alike, recent: recentMost = 0 }: DropsKept = {},
): Promise<DropReasons> {
  const child = spawn(native, ["drops"], { stdio: "pipe", env: {}, cwd: "/" });
  const drops: PacketDrop[] = [];
  const kept = new Set<string>();
  let recent: PacketDrop[] = [];
  const remember = (drop: PacketDrop): void => {
    recent.push(drop);
    // Now and then, for many.
    if (recent.length >= 2 * recentMost) recent = recent.slice(recent.length - recentMost);
  };
  const hasAlike = (drop: PacketDrop): boolean => {
    const key = alike?.(drop);
    if (key === undefined) return false;
    const count = kept.size;
    return kept.add(key).size === count;
  };
  const wordOf = createWords();
  let lost = 0;
  let complaint = "";
  const ready = Promise.withResolvers<boolean>();
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      complaint = error.message;
      resolve();
    });
    child.once("close", () => resolve());
  });
  void ended.then(() => ready.resolve(false));
  child.stdin.on("error", () => undefined);
  splitLines(child.stderr, (line) => (complaint = line));
  splitLines(child.stdout, (line) => {
    const [verb, ...fields] = decodeLine(line);
    if (verb === "ready") ready.resolve(true);
    else if (verb === "end") lost += Number(fields[0]);
    else if (verb === "drop") {
      const drop = readDrop(fields, namespaces, wordOf);
      if (drop === undefined) return;
      if (recentMost > 0) remember(drop);
      if (hasAlike(drop)) return;
      if (drops.length < dropsMax) drops.push(drop);
      else lost += 1;
    }
  });
  child.stdin.write(`${[...namespaces.keys()].join("\n")}\n\n`);
  if (!(await ready.promise)) return { unavailable: complaint || "native drops ended without a word" };
  return {
    watch: {
      recent: () => recent.slice(-recentMost),
      async stop() {
        child.stdin.end();
        await ended;
        return { drops, lost };
      },
    },
  };
}

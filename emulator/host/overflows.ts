/**
 * What the kernel shares among all network namespaces of a machine and throws packets away from when it is full: the tables of neighbours
 * (1024 entries of either family by default) and the queues of packets that a processor has still to take in. Labs side by side can fill
 * them; a packet that is lost there shows nothing of the farm.
 */
import { readFileSync } from "node:fs";

export interface Overflows {
  /** Neighbours of IPv4 and of IPv6 for whom there was no room, since the machine started. */
  readonly neighbours4: number;
  readonly neighbours6: number;
  /** Packets for which a processor's queue had no room. */
  readonly queued: number;
}

const sumOfHex = (words: readonly (string | undefined)[]): number =>
  words.reduce((sum, word) => sum + (Number.parseInt(word ?? "0", 16) || 0), 0);

const rowsOf = (text: string): string[][] => text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim().split(/\s+/)]));

/** A column of /proc/net/stat/{arp,ndisc}_cache over all processors: a line of names, then one of hexadecimal numbers a processor. */
function tableFulls(text: string): number {
  const [names = [], ...rows] = rowsOf(text);
  const column = names.indexOf("table_fulls");
  return column < 0 ? 0 : sumOfHex(rows.map((row) => row[column]));
}

/** The second column of /proc/net/softnet_stat, a line a processor. */
const queueDrops = (text: string): number => sumOfHex(rowsOf(text).map((row) => row[1]));

const ofHost = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** As of now; what this host does not tell counts as nothing. `read` gives a file's text, or an empty one. */
export function readOverflows(read: (path: string) => string = ofHost): Overflows {
  return {
    neighbours4: tableFulls(read("/proc/net/stat/arp_cache")),
    neighbours6: tableFulls(read("/proc/net/stat/ndisc_cache")),
    queued: queueDrops(read("/proc/net/softnet_stat")),
  };
}

/** What was lost between two readings, with what would help; undefined where nothing was. */
export function overflowText(before: Overflows, after: Overflows): string | undefined {
  const tables = ([4, 6] as const).flatMap((family) => {
    const times = after[`neighbours${family}`] - before[`neighbours${family}`];
    return times > 0
      ? [
          `its table of IPv${family} neighbours was full ${times} ${times === 1 ? "time" : "times"} (sysctl net.ipv${family}.neigh.default.gc_thresh3)`,
        ]
      : [];
  });
  const queued = after.queued - before.queued;
  const queues = queued > 0 ? [`its queues had no room for ${queued} packets (sysctl net.core.netdev_max_backlog)`] : [];
  const lost = [...tables, ...queues];
  return lost.length === 0
    ? undefined
    : `this machine lost packets meanwhile, of whichever lab: ${lost.join(", and ")}; fewer labs at once help too`;
}

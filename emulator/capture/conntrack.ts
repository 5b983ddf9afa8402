/** What a node's NAT has done to which flows, from its connection tracking: `conntrack -L` of conntrack-tools. */
import { parseAddress, sameAddress, type Address } from "../../core/common/index.ts";
import type { Lab } from "../lab.ts";
import type { DecodedPacket } from "./decode-packet.ts";

/** One direction of a flow. Ports are 0 where the protocol has none; of an ICMP echo both are its id. */
export interface FlowTuple {
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface TrackedFlow {
  /** `node`, or `node/namespace`. */
  readonly where: string;
  /** `udp`, `tcp`, `icmp`, `icmpv6`, or whatever conntrack calls it. */
  readonly protocol: string;
  readonly original: FlowTuple;
  /** The answers' direction as the other side sends it: with NAT it is not the original reversed. */
  readonly reply: FlowTuple;
}

function tupleOf(pairs: readonly (readonly [string, string])[]): FlowTuple | undefined {
  const values = new Map(pairs);
  const source = parseAddress(values.get("src") ?? "");
  const destination = parseAddress(values.get("dst") ?? "");
  if (source === undefined || destination === undefined) return undefined;
  const port = (name: string): number => Number(values.get(name) ?? values.get("id") ?? 0);
  return { source, destination, sourcePort: port("sport"), destinationPort: port("dport") };
}

/** The flows of `conntrack -L`'s answer, in whichever of its output formats; lines that are none are passed over. */
export function readConntrack(where: string, answer: string): TrackedFlow[] {
  return answer.split("\n").flatMap((line): TrackedFlow[] => {
    const protocol = /^\s*(?:ipv[46]\s+\d+\s+)?([a-z][a-z0-9]*)\s/.exec(line)?.[1];
    const pairs = Array.from(line.matchAll(/\b(src|dst|sport|dport|id)=(\S+)/g), ([, key = "", value = ""]) => [key, value] as const);
    const second = pairs.findIndex(([key], index) => key === "src" && index > 0);
    if (protocol === undefined || second < 0) return [];
    const original = tupleOf(pairs.slice(0, second));
    // The last `id` of a line may be the entry's own and belongs to no direction.
    const reply = tupleOf(pairs.slice(second, second + second));
    return original === undefined || reply === undefined ? [] : [{ where, protocol, original, reply }];
  });
}

/** All flows that a node tracks now, in its own namespace and in those inside it. */
export async function trackedFlows(lab: Lab, node: string): Promise<TrackedFlow[]> {
  const listed = await lab.node(node).exec(["ls", "/run/netns"]);
  const inside = listed.code === 0 ? listed.stdout.split("\n").filter((name) => name !== "") : [];
  const flows = await Promise.all(
    [undefined, ...inside].flatMap((namespace) =>
      ["ipv4", "ipv6"].map(async (family) => {
        const argv = ["conntrack", "-L", "-f", family, "-o", "extended"];
        const { stdout } = await lab.node(node).exec(argv, namespace === undefined ? {} : { namespace });
        return readConntrack(namespace === undefined ? node : `${node}/${namespace}`, stdout);
      }),
    ),
  );
  return flows.flat();
}

/** A packet's own tuple; undefined for what connection tracking has none of. */
export function tupleOfPacket({ ip, transport }: DecodedPacket): FlowTuple | undefined {
  if (ip === undefined || transport === undefined) return undefined;
  const { source, destination } = ip;
  if ("sourcePort" in transport)
    return { source, destination, sourcePort: transport.sourcePort, destinationPort: transport.destinationPort };
  const id = transport.echo?.id ?? 0;
  return { source, destination, sourcePort: id, destinationPort: id };
}

const same = (one: FlowTuple, other: FlowTuple): boolean =>
  sameAddress(one.source, other.source) &&
  sameAddress(one.destination, other.destination) &&
  one.sourcePort === other.sourcePort &&
  one.destinationPort === other.destinationPort;

const reversed = ({ source, destination, sourcePort, destinationPort }: FlowTuple): FlowTuple => ({
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

/** Where a translation from one tuple to the other is on record in a node: with the flow or against it; undefined where it is not. */
export function recordedTranslation(
  flows: readonly TrackedFlow[],
  node: string,
  before: FlowTuple,
  after: FlowTuple,
): TrackedFlow | undefined {
  return flows.find(
    ({ where, original, reply }) =>
      where.split("/")[0] === node &&
      ((same(before, original) && same(after, reversed(reply))) || (same(before, reply) && same(after, reversed(original)))),
  );
}

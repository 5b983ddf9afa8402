/** Reads all that decides over packets in every namespace of a lab: one program a node, which looks into each of its namespaces. */
import { readConntrack } from "../../../../emulator/capture/index.ts";
import type { Lab } from "../../../../emulator/lab.ts";
import { wireNode } from "../ethernet.ts";
import {
  readCounters,
  readForwarding,
  readInterfaces,
  readListening,
  readNamespaceIds,
  readNeighbours,
  type PlaceTables,
} from "./place-tables.ts";
import { readRuleset } from "./ruleset.ts";
import { readTunnels, type Tunnel } from "./tunnels.ts";

export interface LabTables {
  /** By `node` or `node/namespace`. */
  readonly places: ReadonlyMap<string, PlaceTables>;
  readonly tunnels: readonly Tunnel[];
}

const readWaitMs = 20_000;

/** Each part begins with a line `@part`. Names of namespaces are told by `ip` itself; no data of a farm is in these words. */
const lookIntoNamespace = `
echo @interfaces; ip -j -d addr show
echo @ids; ip -j netns list-id
echo @neighbours; ip -j neigh show
echo @forwarding; bridge -j fdb show
echo @rules; nft -j list ruleset
echo @words; nft -a list ruleset
echo @tracked; conntrack -L -f ipv4 -o extended 2>/dev/null; conntrack -L -f ipv6 -o extended 2>/dev/null
echo @listening; ss -Hnltu
echo @forwards4; cat /proc/sys/net/ipv4/ip_forward
echo @forwards6; cat /proc/sys/net/ipv6/conf/all/forwarding
echo @counters; cat /proc/net/snmp /proc/net/netstat /proc/net/snmp6
`;

/** Neither private nor preshared keys are asked for. */
const lookAtTunnels = `
echo @public-keys; wg show all public-key
echo @ports; wg show all listen-port
echo @endpoints; wg show all endpoints
echo @allowed-ips; wg show all allowed-ips
`;

const lookAtNode = `${lookAtTunnels}${lookIntoNamespace}ip -all netns exec sh -c "$1"`;

type Parts = Readonly<Record<string, string>>;

function partsOf(text: string): Parts {
  const pieces = `\n${text}`.split(/\n@([a-z0-9-]+)(?=\n)/).slice(1);
  return Object.fromEntries(
    pieces.flatMap((name, index) => (index % 2 === 0 ? [[name, (pieces[index + 1] ?? "").replace(/^\n/, "")] as const] : [])),
  );
}

function placeOf(node: string, namespace: string | undefined, parts: Parts): PlaceTables {
  const part = (name: string): string => parts[name] ?? "";
  const where = namespace === undefined ? node : `${node}/${namespace}`;
  return {
    ...{ where, node },
    ...(namespace === undefined ? {} : { namespace }),
    interfaces: readInterfaces(part("interfaces")),
    namespaceIds: readNamespaceIds(part("ids")),
    neighbours: readNeighbours(part("neighbours")),
    forwarding: readForwarding(part("forwarding")),
    chains: readRuleset(part("rules"), part("words")),
    tracked: readConntrack(where, part("tracked")),
    listening: readListening(part("listening")),
    forwards: { 4: part("forwards4").trim() === "1", 6: part("forwards6").trim() === "1" },
    counters: readCounters(part("counters")),
  };
}

/** A node that is off, or where a program is missing, has what could be read. */
async function readNode(lab: Lab, node: string): Promise<{ places: PlaceTables[]; tunnels: Tunnel[] }> {
  const argv = ["sh", "-c", lookAtNode, "look", lookIntoNamespace];
  const { stdout } = await lab.node(node).exec(argv, { timeoutMs: readWaitMs });
  const pieces = `\n${stdout}`.split(/\nnetns: ([^\n]+)/);
  const parts = partsOf(pieces[0] ?? "");
  const inside = pieces
    .slice(1)
    .flatMap((name, index, all) => (index % 2 === 0 ? [placeOf(node, name, partsOf(all[index + 1] ?? ""))] : []));
  const places = [placeOf(node, undefined, parts), ...inside];
  return { places, tunnels: readTunnels(places, parts) };
}

/** What stands in the lab now. Throws where a node answers with what cannot be read. */
export async function readLabTables(lab: Lab): Promise<LabTables> {
  const nodes = lab.topology.nodes.map(({ name }) => name).filter((name) => name !== wireNode(lab.topology));
  const read = await Promise.all(nodes.map(async (node) => await readNode(lab, node)));
  return {
    places: new Map(read.flatMap(({ places }) => places.map((place) => [place.where, place] as const))),
    tunnels: read.flatMap(({ tunnels }) => tunnels),
  };
}

/** What nodes run, looked for on this machine where they run on its own programs in place of the node image. */
import { basename } from "node:path";
import type { Topology } from "../topology/index.ts";
import { findProgram } from "../find-program.ts";

/** Programs of nodes by the package of the image that brings them; each is needed where it is run. */
const programsOfPackages: Readonly<Record<string, readonly string[]>> = {
  busybox: ["busybox"],
  "etcd-server": ["etcd"],
  frr: ["mgmtd", "staticd", "zebra", "bgpd", "bfdd", "ospfd"],
  iproute2: ["ip", "tc"],
  nftables: ["nft"],
  "wireguard-go": ["wireguard-go"],
  "wireguard-tools": ["wg"],
};

/** What an agent runs to bring its node to its plan. */
const agentPrograms: readonly string[] = ["ip", "nft", "wg", "wireguard-go"];
const agentBundle = "/usr/lib/farmlab/agent.cjs";

/** Where nodes look for programs: NODE_PATH in emulator/native/node.h. */
const nodePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/frr";

/** Programs that the services and rulesets of a topology run; of a shell's script, the words that are programs' names. */
function programsOf(topology: Topology): ReadonlySet<string> {
  const words = topology.nodes.flatMap(({ config }) => [
    ...(config.services ?? []).flatMap(({ argv }) =>
      argv.flatMap((word) => (word === agentBundle ? agentPrograms : word.split(/[\s;{}|&]+/))),
    ),
    ...(config.nft === undefined ? [] : ["nft"]),
  ]);
  return new Set(words.map((word) => basename(word)));
}

/** Packages that the nodes of a topology take and this machine lacks, wholly or in a program that is run. */
export function missingPackages(topology: Topology, searchPath: string = nodePath): readonly string[] {
  const run = programsOf(topology);
  return Object.entries(programsOfPackages).flatMap(([name, programs]) =>
    programs.some((program) => run.has(program) && findProgram(program, searchPath) === undefined) ? [name] : [],
  );
}

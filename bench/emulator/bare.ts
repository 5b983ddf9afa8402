/**
 * The same shape by a bare script of iproute2, as fast as one can be written without a program of one's own: one `ip -batch` makes all
 * namespaces, one all links, each in its two final namespaces; then one shell per node, since a batch cannot change its namespace.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TopologyNode } from "../../emulator/topology/index.ts";
import type { Shape } from "./shapes.ts";
import type { Timing } from "./timing.ts";

/** `$0` is the folder of the batches, `$1` who sends the ping, `$2` where to; prints four times in microseconds. */
const script = `set -eu
folder=$0
mount -t tmpfs tmpfs /run
mkdir /run/netns
now() { echo "\${EPOCHREALTIME/[.,]/}"; }
begin=$(now)
ip -batch "$folder/namespaces"
ip -batch "$folder/links"
while read -r node; do
  nsenter --net="/run/netns/$node" bash -c '
    while read -r path value; do echo "$value" >"/proc/sys/$path"; done <"$0.sysctls"
    exec ip -batch "$0.state"' "$folder/$node"
done <"$folder/nodes"
up=$(now)
nsenter --net="/run/netns/$1" ping -q -c1 -W2 -t255 "$2" >/dev/null
answered=$(now)
ip -batch "$folder/ends"
echo "$begin $up $answered $(now)"
`;

function stateOf({ config }: TopologyNode, interfaces: readonly string[]): string {
  const lines = [
    "link set lo up",
    ...(config.bridges ?? []).flatMap(({ name, ports }) => [
      `link add ${name} type bridge`,
      `link set ${name} up`,
      ...ports.map((port) => `link set ${port} master ${name}`),
    ]),
    ...interfaces.map((name) => `link set ${name} up`),
    ...(config.addresses ?? []).map(({ interface: name, address }) => `address add ${address} dev ${name}`),
    ...(config.routes ?? []).map(({ to, via }) => `route add ${to} via ${via ?? ""}`),
  ];
  return `${lines.join("\n")}\n`;
}

const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join("");

export async function timeBare({ topology, from, to }: Shape): Promise<Timing> {
  const folder = await mkdtemp(join(tmpdir(), "farmlab-bare-"));
  try {
    const names = topology.nodes.map(({ name }) => name);
    const files: Record<string, string> = {
      nodes: lines(names),
      namespaces: lines(names.map((name) => `netns add ${name}`)),
      ends: lines(names.map((name) => `netns delete ${name}`)),
      links: lines(
        topology.links.map(({ endpoints: [near, far] }, index) => {
          // Indexes of their own: a bridge port whose index equals its peer's comes up as much as a second late.
          const [own, peer] = [1000 + 2 * index, 1001 + 2 * index];
          return `link add name ${near.interface} index ${own} netns ${near.node} type veth peer name ${far.interface} index ${peer} netns ${far.node}`;
        }),
      ),
    };
    for (const node of topology.nodes) {
      const interfaces = topology.links.flatMap(({ endpoints }) =>
        endpoints.filter((end) => end.node === node.name).map((end) => end.interface),
      );
      files[`${node.name}.state`] = stateOf(node, interfaces);
      files[`${node.name}.sysctls`] = lines(Object.entries(node.config.sysctls ?? {}).map(([path, value]) => `${path} ${value}`));
    }
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
    const started = Date.now() * 1000;
    const { stdout } = await promisify(execFile)("unshare", ["--net", "--mount", "bash", "-c", script, folder, from, to]);
    const [begin = 0, up = 0, answered = 0, ended = 0] = stdout.trim().split(" ").map(Number);
    const milliseconds = (later: number, sooner: number): number => (later - sooner) / 1000;
    return {
      startMs: milliseconds(begin, started),
      upMs: milliseconds(up, begin),
      pingMs: milliseconds(answered, up),
      downMs: milliseconds(ended, answered),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

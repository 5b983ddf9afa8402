/**
 * What a lab itself had no room for: packets that a tunnel's program did not get to read, datagrams for a socket that was full, and the first
 * packets of flows that connection tracking could not take on. A packet that nobody answered may be one of them, on a machine that gave a
 * program no time.
 */
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Session } from "./session.ts";

/** A tunnel drops a few before its peers are known. */
const fewFirst = 10;

/**
 * All namespaces of a node in one go: a line for each tunnel that dropped something, and for each namespace whose sockets or whose
 * connection tracking did (a row a processor, in hexadecimal numbers).
 */
const script = `
for space in - $(ls /run/netns 2>/dev/null); do
  if [ "$space" = - ]; then enter=; else enter="nsenter --net=/run/netns/$space"; fi
  $enter awk -v at="$space" '
    FILENAME ~ /dev$/ && $1 ~ /^w[gh]-/ && $13 > ${fewFirst} { sub(":", "", $1); print at, "tunnel " $1, $13 }
    FILENAME ~ /snmp6?$/ && ($1 == "Udp:" && $2 + 0 == $2 && $6 > 0) { print at, "sockets", $6 }
    FILENAME ~ /snmp6$/ && $1 == "Udp6RcvbufErrors" && $2 > 0 { print at, "sockets (IPv6)", $2 }
    FILENAME ~ /conntrack$/ && FNR == 1 { for (column = 1; column <= NF; column += 1) name[column] = $column }
    FILENAME ~ /conntrack$/ && FNR > 1 {
      for (column = 1; column <= NF; column += 1)
        if (name[column] ~ /^(insert_failed|drop|early_drop)$/ && $column !~ /^0*$/) print at, "connections (" name[column] ")", "0x" $column
    }
  ' /proc/net/dev /proc/net/snmp /proc/net/snmp6 $(ls /proc/net/stat/nf_conntrack 2>/dev/null)
done`;

/** Since the lab is up, of nodes that can be asked; undefined where nothing was lost. */
export async function labLosses(session: Pick<Session, "farm" | "lab">): Promise<string | undefined> {
  const nodes = emulatedNodes(session.farm).map(async ({ name }) => {
    const { stdout } = await session.lab.node(name).exec(["sh", "-c", script]);
    return stdout.split("\n").flatMap((line) => {
      const [space, ...rest] = line.split(" ");
      const count = rest.pop();
      return count === undefined ? [] : [`${Number(count)} for ${rest.join(" ")} of ${name}${space === "-" ? "" : `/${space}`}`];
    });
  });
  const lost = (await Promise.all(nodes)).flat();
  return lost.length === 0 ? undefined : `this lab had no room for packets since it is up: ${lost.join(", ")}`;
}

/** Mapping, ports and overloading: which external port a host's port has towards whom. */
import { formatAddress } from "../../core/common/index.ts";
import { contact } from "./bench.ts";
import type { Bench, InnerHost, Transport } from "./bench.ts";
import type { Mapping, MeasuredTransport } from "./behaviour.ts";

/** How many further mappings show how ports are chosen. */
const portSamples = 4;
/** Neighbouring mappings of a counter lie at most so far apart, as others draw from it too; by chance four do with 10^-11. */
const counterStep = 16;

/** RFC 5780 section 4.3: the same port towards three places of the far side. */
function mappingOf([first, otherPort, otherAddress]: readonly Mapping[]): MeasuredTransport["mapping"] {
  if (first?.external !== otherPort?.external) return "address-and-port-dependent";
  return first?.external === otherAddress?.external ? "endpoint-independent" : "address-dependent";
}

function portsOf(mappings: readonly Mapping[]): MeasuredTransport["ports"] {
  if (mappings.every(({ external, host }) => external === host)) return "preserve";
  const steps = mappings.slice(1).map(({ external }, index) => external - (mappings[index]?.external ?? 0));
  return steps.every((step) => step > 0 && step <= counterStep) ? "sequential" : "random";
}

/** Two hosts, one port, two destinations: the kernel of a router that lets them share it does so. */
async function overloadingOf(bench: Bench, protocol: Transport, hosts: readonly [InnerHost, InnerHost]): Promise<boolean> {
  const [place, , otherAddress] = bench.places;
  const port = bench.newPort();
  const one = await contact(bench, protocol, hosts[0], port, place);
  const other = await contact(bench, protocol, hosts[1], port, otherAddress);
  return one.external === other.external;
}

export async function measureMapping(
  bench: Bench,
  protocol: Transport,
  host: InnerHost,
  neighbour: InnerHost | undefined,
): Promise<Omit<MeasuredTransport, "filtering" | "hairpin">> {
  const towards: Mapping[] = [];
  const port = bench.newPort();
  for (const place of bench.places) towards.push(await contact(bench, protocol, host, port, place));
  const samples: Mapping[] = [];
  for (let count = 0; count < portSamples; count += 1) {
    samples.push(await contact(bench, protocol, host, bench.newPort(), bench.places[0]));
  }
  const all = [...towards, ...samples];
  return {
    mapping: mappingOf(towards),
    ports: portsOf(samples),
    overloading: neighbour === undefined ? null : await overloadingOf(bench, protocol, [host, neighbour]),
    externalAddresses: [...new Map(all.map(({ externalAddress }) => [formatAddress(externalAddress), externalAddress])).values()],
  };
}

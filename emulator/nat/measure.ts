/** All that is measured of one router, in about a second: both protocols side by side. */
import { sameAddress } from "../../core/common/index.ts";
import type { MeasuredNat, MeasuredTransport } from "./behaviour.ts";
import type { Bench, InnerHost, Transport } from "./bench.ts";
import { measureFiltering } from "./filtering.ts";
import { measureHairpin } from "./hairpin.ts";
import { measureMapping } from "./mapping.ts";

const errorWaitMs = 2000;

export interface NatHosts {
  readonly host: InnerHost;
  /** Another one behind the same router: without it overloading cannot be seen. */
  readonly neighbour?: InnerHost;
}

async function measureTransport(bench: Bench, protocol: Transport, { host, neighbour }: NatHosts): Promise<MeasuredTransport> {
  const [mapping, filtering, hairpin] = await Promise.all([
    measureMapping(bench, protocol, host, neighbour),
    measureFiltering(bench, protocol, host),
    measureHairpin(bench, protocol, host, neighbour ?? host),
  ]);
  return { ...mapping, filtering, hairpin };
}

/** RFC 5508 section 4: the far side says of a port at which nobody listens that it is unreachable, and the host hears it. */
async function measureIcmpErrors(bench: Bench, host: InnerHost): Promise<boolean> {
  const [to] = bench.far.addresses;
  const outcome = await bench.prober.probe({
    from: { namespacePath: host.namespacePath, source: host.address, sourcePort: bench.newPort() },
    protocol: "udp",
    to,
    port: bench.newPort(),
    timeoutMs: errorWaitMs,
  });
  return outcome.kind === "unreachable" && outcome.reason === "port-unreachable" && sameAddress(outcome.from, to);
}

/** Throws a NoWayOutError where the router lets nothing out, and a ProberError where the harness cannot send or look. */
export async function measureNat(bench: Bench, hosts: NatHosts): Promise<MeasuredNat> {
  const [udp, tcp, icmpErrors] = await Promise.all([
    measureTransport(bench, "udp", hosts),
    measureTransport(bench, "tcp", hosts),
    measureIcmpErrors(bench, hosts.host),
  ]);
  return { udp, tcp, icmpErrors };
}

/** Hairpinning (RFC 5780 section 4.5): from behind the router to the outer side of a mapping behind it. */
import { sameAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { arrivals, contact, silenceWaitMs } from "./bench.ts";
import type { Bench, InnerHost, Transport } from "./bench.ts";
import type { Mapping, MeasuredTransport } from "./behaviour.ts";
import type { ProbeOutcome } from "../probe/index.ts";

type Hairpin = NonNullable<MeasuredTransport["hairpin"]>;

async function turn(bench: Bench, protocol: Transport, host: InnerHost, target: Mapping, token?: string): Promise<ProbeOutcome> {
  return await bench.prober.probe({
    from: { namespacePath: host.namespacePath, source: host.address, sourcePort: bench.newPort() },
    protocol,
    to: target.externalAddress,
    port: target.external,
    timeoutMs: silenceWaitMs,
    ...(token === undefined ? {} : { token }),
  });
}

function sourceOf(source: Address, host: InnerHost, target: Mapping): Hairpin {
  if (sameAddress(source, target.externalAddress)) return "external";
  return sameAddress(source, host.address) ? "internal" : "other";
}

async function udpHairpin(bench: Bench, host: InnerHost, other: InnerHost, target: Mapping): Promise<Hairpin> {
  const { packets } = await arrivals(bench, other, async (newToken) => {
    await turn(bench, "udp", host, target, newToken());
    await contact(bench, "udp", other, bench.newPort(), bench.places[0]);
  });
  const [packet] = packets;
  return packet === undefined ? "none" : sourceOf(packet.source, host, target);
}

async function tcpHairpin(bench: Bench, host: InnerHost, other: InnerHost, target: Mapping): Promise<Hairpin> {
  const who = bench.prober.newToken();
  const { address, namespacePath } = other;
  const listener = await bench.prober.listen({ namespacePath, protocol: "tcp", address, port: target.host, who });
  try {
    const outcome = await turn(bench, "tcp", host, target);
    if (outcome.kind !== "reply" || outcome.who !== who || outcome.seen === null) return "none";
    return sourceOf(outcome.seen.source, host, target);
  } finally {
    await listener.close();
  }
}

/** `other` may be the host itself, as in RFC 5780. null where that takes no connections. */
export async function measureHairpin(
  bench: Bench,
  protocol: Transport,
  host: InnerHost,
  other: InnerHost,
): Promise<MeasuredTransport["hairpin"]> {
  if (protocol === "tcp" && !other.acceptsConnections) return null;
  const target = await contact(bench, protocol, other, bench.newPort(), bench.places[0]);
  return protocol === "udp" ? await udpHairpin(bench, host, other, target) : await tcpHairpin(bench, host, other, target);
}

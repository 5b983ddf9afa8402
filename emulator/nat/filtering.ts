/** Filtering (RFC 5780 section 4.4): who may send to a mapping through which one place of the far side was contacted. */
import { arrivals, contact, knock } from "./bench.ts";
import type { Bench, InnerHost, Transport } from "./bench.ts";
import type { Mapping, MeasuredTransport } from "./behaviour.ts";

interface LetIn {
  readonly otherPort: boolean;
  readonly otherAddress: boolean;
}

const filteringOf = ({ otherPort, otherAddress }: LetIn): NonNullable<MeasuredTransport["filtering"]> =>
  otherAddress ? "endpoint-independent" : otherPort ? "address-dependent" : "address-and-port-dependent";

/** Seen at the host's interface, so that it does not matter whether anything there wants the packets. */
async function letInUdp(bench: Bench, host: InnerHost, mapping: Mapping): Promise<LetIn> {
  const [own, other] = bench.far.addresses;
  const { value: tokens, packets } = await arrivals(bench, host, async (newToken) => {
    const marks = { own: newToken(), other: newToken() };
    await Promise.all([
      knock(bench, "udp", own, mapping, { token: marks.own }),
      knock(bench, "udp", other, mapping, { token: marks.other }),
    ]);
    // An answer that is let in comes after whatever else was: with it the knocks have had their time, however slow the machine is.
    await contact(bench, "udp", host, bench.newPort(), bench.places[0]);
    return marks;
  });
  const arrived = (token: string): boolean => packets.some((packet) => packet.token === token);
  return { otherPort: arrived(tokens.own), otherAddress: arrived(tokens.other) };
}

async function letInTcp(bench: Bench, host: InnerHost, mapping: Mapping): Promise<LetIn> {
  const [own, other] = bench.far.addresses;
  const who = bench.prober.newToken();
  const { address, namespacePath } = host;
  const listener = await bench.prober.listen({ namespacePath, protocol: "tcp", address, port: mapping.host, who });
  try {
    const [fromOwn, fromOther] = await Promise.all([own, other].map((source) => knock(bench, "tcp", source, mapping)));
    await contact(bench, "tcp", host, bench.newPort(), bench.places[0]);
    const arrived = (outcome: typeof fromOwn): boolean => outcome?.kind === "reply" && outcome.who === who;
    return { otherPort: arrived(fromOwn), otherAddress: arrived(fromOther) };
  } finally {
    await listener.close();
  }
}

/** null where the host itself takes no connections. */
export async function measureFiltering(bench: Bench, protocol: Transport, host: InnerHost): Promise<MeasuredTransport["filtering"]> {
  if (protocol === "tcp" && !host.acceptsConnections) return null;
  const mapping = await contact(bench, protocol, host, bench.newPort(), bench.places[0]);
  return filteringOf(protocol === "udp" ? await letInUdp(bench, host, mapping) : await letInTcp(bench, host, mapping));
}

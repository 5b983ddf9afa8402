/** Port forwards: what a stranger sends to the router's outer address, and where it comes out. */
import type { Address } from "../../core/common/index.ts";
import { arrivals, contact, knock } from "./bench.ts";
import type { Bench, InnerHost, Transport } from "./bench.ts";

export interface ForwardRequest {
  readonly protocol: Transport;
  readonly outer: Address;
  readonly port: number;
  /** Who should get it, and at which port. */
  readonly host: InnerHost;
  readonly toPort: number;
}

/** Whether it comes out there. null for TCP where the host takes no connections. */
export async function measureForward(bench: Bench, request: ForwardRequest): Promise<boolean | null> {
  const { host, outer, port, protocol, toPort } = request;
  const [, stranger] = bench.far.addresses;
  const mapping = { host: toPort, external: port, externalAddress: outer };
  if (protocol === "udp") {
    const { packets } = await arrivals(bench, host, async (newToken) => {
      await knock(bench, "udp", stranger, mapping, { token: newToken() });
      await contact(bench, "udp", host, bench.newPort(), bench.places[0]);
    });
    return packets.some(({ destinationPort }) => destinationPort === toPort);
  }
  if (!host.acceptsConnections) return null;
  const { address, namespacePath } = host;
  const who = bench.prober.newToken();
  const listener = await bench.prober.listen({ namespacePath, protocol, address, port: toPort, who });
  try {
    const outcome = await knock(bench, "tcp", stranger, mapping);
    return outcome.kind === "reply" && outcome.who === who;
  } finally {
    await listener.close();
  }
}

/** How long a mapping outlives a TCP connection that has closed (RFC 5382 section 5, "transitory"), where strangers are let in to it. */
import { contact, knock } from "./bench.ts";
import type { Bench, InnerHost } from "./bench.ts";

export interface TcpLifetimeRequest {
  readonly host: InnerHost;
  /** Milliseconds after the connection's end. */
  readonly momentMs: number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Whether a stranger's connection to the mapping is let in then. Each call opens a mapping of its own, since a look may keep it alive. */
export async function isTcpMappingAlive(bench: Bench, { host, momentMs, pause }: TcpLifetimeRequest): Promise<boolean> {
  const { address, namespacePath } = host;
  const mapping = await contact(bench, "tcp", host, bench.newPort(), bench.places[0]);
  const who = bench.prober.newToken();
  const listener = await bench.prober.listen({ namespacePath, protocol: "tcp", address, port: mapping.host, who });
  try {
    await pause(momentMs);
    const outcome = await knock(bench, "tcp", bench.far.addresses[1], mapping);
    return outcome.kind === "reply" && outcome.who === who;
  } finally {
    await listener.close();
  }
}

/**
 * Where a router is measured from: hosts behind it, and a far side with two addresses and two ports (RFC 5780 section 4). Everything is
 * seen by sockets and at interfaces on both sides; the router itself is never asked.
 */
import { formatAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { Listener, NamespacePath, Prober, ProbeOutcome, SeenPacket } from "../probe/index.ts";
import { NoWayOutError } from "./behaviour.ts";
import type { Mapping } from "./behaviour.ts";

/** A host behind the router. */
export interface InnerHost {
  readonly namespacePath: NamespacePath;
  /** Where the router's packets arrive. */
  readonly interface: string;
  readonly address: Address;
  /** Whether connections to it arrive at its sockets; where its own filter is in the way, filtering of TCP is not measured. */
  readonly acceptsConnections: boolean;
}

export interface FarHost {
  readonly namespacePath: NamespacePath;
  readonly addresses: readonly [Address, Address];
}

export type Transport = "udp" | "tcp";

/** An address and port of the far side at which both protocols are answered. */
export interface FarPlace {
  readonly address: Address;
  readonly port: number;
}

export interface Bench {
  readonly prober: Prober;
  readonly far: FarHost;
  /** First address and port, first address and second port, second address and first port. */
  readonly places: readonly [FarPlace, FarPlace, FarPlace];
  /** A port that has not been used on either side. */
  newPort(): number;
  close(): Promise<void>;
}

/** Below all that a router draws from for a host's mapping. */
const farPorts = [901, 902] as const;
/** Below the ports of tunnels (an NR's bytes, 4096 at least); those of the store and the reflector are left out. */
const freePorts = { first: 1100, last: 4095, taken: [2379, 2380, 3478, 3479] } as const;
let lastPort = freePorts.first - 1;

/** Routers remember ports for minutes: none comes again before all others, whichever bench asks. */
function newPort(): number {
  lastPort = lastPort === freePorts.last ? freePorts.first : lastPort + 1;
  return freePorts.taken.some((port) => port === lastPort) ? newPort() : lastPort;
}

/** How long an answer over a way that exists may take on a loaded machine, and a packet that nothing lets in is waited for. */
const answerWaitMs = 5000;
export const silenceWaitMs = 300;

/** Starts the far side; one bench serves the routers that reach it, one after the other or at once. */
export async function openBench(prober: Prober, far: FarHost): Promise<Bench> {
  const [one, other] = far.addresses;
  const places = [
    { address: one, port: farPorts[0] },
    { address: one, port: farPorts[1] },
    { address: other, port: farPorts[0] },
  ] as const;
  const listening = await Promise.allSettled(
    places.flatMap((place) =>
      (["udp", "tcp"] as const).map((protocol) =>
        prober.listen({ namespacePath: far.namespacePath, protocol, ...place, who: `far ${formatAddress(place.address)}` }),
      ),
    ),
  );
  const listeners = listening.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener: Listener) => listener.close()));
  };
  const failed = listening.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return { prober, far, places, newPort, close };
}

/** Sends from a host's port to the far side, which says as whom it sees it. Throws a NoWayOutError where nothing comes back. */
export async function contact(bench: Bench, protocol: Transport, host: InnerHost, port: number, place: FarPlace): Promise<Mapping> {
  const outcome = await bench.prober.probe({
    from: { namespacePath: host.namespacePath, source: host.address, sourcePort: port },
    protocol,
    to: place.address,
    port: place.port,
    timeoutMs: answerWaitMs,
    // A router that draws a port which is taken drops the packet.
    ...(protocol === "udp" ? { count: 3 } : {}),
  });
  if (outcome.kind === "reply" && outcome.seen !== null) {
    return { host: port, external: outcome.seen.sourcePort, externalAddress: outcome.seen.source };
  }
  const what = `${protocol} from ${formatAddress(host.address)} port ${port} to ${formatAddress(place.address)} port ${place.port}`;
  throw new NoWayOutError(`${what} is not answered: ${outcome.kind}`);
}

/** A packet or connection from the far side, from a port that nobody was ever contacted at, to a mapping's outer side. */
export async function knock(
  bench: Bench,
  protocol: Transport,
  source: Address,
  mapping: Mapping,
  marks: { readonly token?: string; readonly sourcePort?: number } = {},
): Promise<ProbeOutcome> {
  return await bench.prober.probe({
    from: { namespacePath: bench.far.namespacePath, source, sourcePort: marks.sourcePort ?? bench.newPort() },
    protocol,
    to: mapping.externalAddress,
    port: mapping.external,
    timeoutMs: silenceWaitMs,
    ...(marks.token === undefined ? {} : { token: marks.token }),
  });
}

/** Packets that came in at a host's interface while `work` ran, by the beginning of their tokens. */
export async function arrivals<T>(
  bench: Bench,
  host: InnerHost,
  work: (newToken: () => string) => Promise<T>,
): Promise<{ readonly value: T; readonly packets: readonly SeenPacket[] }> {
  const { prober } = bench;
  const group = prober.newGroup();
  const watch = await prober.watch({ namespacePath: host.namespacePath, interface: host.interface, token: group });
  try {
    const value = await work(() => prober.newToken(group));
    const { packets, dropped } = await watch.stop();
    if (dropped > 0) throw new Error(`${dropped} packets at ${host.interface} were too many to see`);
    return { value, packets: packets.filter(({ direction, kind }) => direction === "in" && kind === "request") };
  } finally {
    await watch.stop();
  }
}

/**
 * How long a mapping outlives its last packet (RFC 5780 section 4.6). Every look at a mapping may keep it alive, so each one is looked at
 * once: as many are opened at once as there are moments to look at, and the far side asks each at a moment of its own. How much time
 * has passed is read from the packets' own times, not from when they were meant to be sent.
 */
import type { SeenPacket } from "../probe/index.ts";
import { knock } from "./bench.ts";
import type { Bench, InnerHost } from "./bench.ts";

export interface Lifetime {
  /** Milliseconds after the last packet at which a mapping still let its far side in, at most. */
  readonly aliveMs: number;
  /** And at which one did no longer, at least. */
  readonly deadMs: number;
}

export interface LifetimeRequest {
  readonly host: InnerHost;
  /** The far side's interface towards the router. */
  readonly farInterface: string;
  /** Moments, milliseconds after the last packet. */
  readonly momentsMs: readonly number[];
  /** `first`: one packet out; `stream`: both ways for longer than the two seconds that conntrack waits for a stream. */
  readonly flow: "first" | "stream";
  readonly pause: (milliseconds: number) => Promise<void>;
}

const streamStepMs = 750;
const streamSteps = 4;

interface Tooth {
  readonly port: number;
  readonly farPort: number;
  readonly momentMs: number;
}

/** Opens the mapping from a port at which nobody answers, so that a knock can come from exactly there. */
async function sendOut(bench: Bench, host: InnerHost, tooth: Tooth, token: string): Promise<void> {
  await bench.prober.probe({
    from: { namespacePath: host.namespacePath, source: host.address, sourcePort: tooth.port },
    protocol: "udp",
    to: bench.far.addresses[0],
    port: tooth.farPort,
    timeoutMs: 50,
    token,
  });
}

/** Neither number is looked for in the ruleset: `aliveMs` is 0 and `deadMs` Infinity where no mapping was seen alive, or dead. */
export async function measureUdpLifetime(bench: Bench, request: LifetimeRequest): Promise<Lifetime> {
  const { prober, far } = bench;
  const { host, farInterface, pause } = request;
  const group = prober.newGroup();
  const newToken = (): string => prober.newToken(group);
  const teeth = request.momentsMs.map((momentMs): Tooth => ({ port: bench.newPort(), farPort: bench.newPort(), momentMs }));
  const places = [
    { namespacePath: host.namespacePath, interface: host.interface },
    { namespacePath: far.namespacePath, interface: farInterface },
  ];
  /** What passed both interfaces while `work` ran. */
  const watched = async (work: () => Promise<void>): Promise<readonly [readonly SeenPacket[], readonly SeenPacket[]]> => {
    const watches = await Promise.all(places.map((place) => prober.watch({ ...place, token: group })));
    try {
      await work();
    } finally {
      await Promise.all(watches.map((watch) => watch.stop()));
    }
    const [inner, outer] = await Promise.all(watches.map((watch) => watch.stop()));
    return [inner?.packets ?? [], outer?.packets ?? []];
  };
  const out = async (): Promise<readonly SeenPacket[]> => {
    const [, outer] = await watched(async () => {
      await Promise.all(teeth.map((tooth) => sendOut(bench, host, tooth, newToken())));
    });
    return outer.filter(({ direction, kind }) => direction === "in" && kind === "request");
  };
  const knockAt = async (tooth: Tooth, from: SeenPacket | undefined, token: string): Promise<void> => {
    if (from === undefined) throw new Error(`what was sent from port ${tooth.port} did not come to the far side`);
    const mapping = { host: tooth.port, external: from.sourcePort, externalAddress: from.source };
    await knock(bench, "udp", far.addresses[0], mapping, { token, sourcePort: tooth.farPort });
  };
  const packetOf = (packets: readonly SeenPacket[], tooth: Tooth): SeenPacket | undefined =>
    packets.find(({ destinationPort }) => destinationPort === tooth.farPort);

  let last = await out();
  for (let step = 0; request.flow === "stream" && step < streamSteps; step += 1) {
    const before = last;
    await Promise.all([...teeth.map((tooth) => knockAt(tooth, packetOf(before, tooth), newToken())), pause(streamStepMs)]);
    last = await out();
  }
  const tokens = teeth.map(newToken);
  const [inner, outer] = await watched(async () => {
    await Promise.all(
      teeth.map(async (tooth, index) => {
        await pause(tooth.momentMs);
        await knockAt(tooth, packetOf(last, tooth), tokens[index] ?? "");
      }),
    );
  });
  const samples = teeth.map((tooth, index) => {
    const sent = outer.find(({ direction, token }) => direction === "out" && token === tokens[index]);
    const opened = packetOf(last, tooth);
    if (sent === undefined || opened === undefined) throw new Error("a knock was not seen to leave the far side");
    const arrived = inner.some(({ direction, token }) => direction === "in" && token === tokens[index]);
    return { elapsedMs: (sent.atUs - opened.atUs) / 1000, arrived };
  });
  return {
    aliveMs: Math.max(0, ...samples.filter(({ arrived }) => arrived).map(({ elapsedMs }) => elapsedMs)),
    deadMs: Math.min(Infinity, ...samples.filter(({ arrived }) => !arrived).map(({ elapsedMs }) => elapsedMs)),
  };
}

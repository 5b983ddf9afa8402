/** The wire: how many frames of 64 bytes it passes beside DPDK's testpmd and the kernel's bridge in the same place, and what it adds to a round trip. */
import { setTimeout as pause } from "node:timers/promises";
import { startDeadline, type Clock } from "../core/common/index.ts";
import { ensureRuntime } from "../emulator/image/index.ts";
import type { Lab } from "../emulator/lab.ts";
import { netnsBackend } from "../emulator/netns/index.ts";
import { nativeInLab, type NodeConfig, type ServiceSpec, type Topology, type TopologyLink } from "../emulator/topology/index.ts";
import { withWire } from "../emulator/wire/index.ts";
import { median, type BenchFigure, type BenchReport } from "./figures.ts";

type Forwarder = "wire" | "testpmd" | "bridge" | "none";

const rounds = 7;
const floodMs = 1500;
const frameBytes = 64;
const pings = 300;
const startWaitMs = 20_000;
const clock: Clock = { nowMs: () => performance.now(), pause: async (milliseconds) => void (await pause(milliseconds)) };

const end = (node: string, name: string): { node: string; interface: string } => ({ node, interface: name });
const link = (one: TopologyLink["endpoints"][0], other: TopologyLink["endpoints"][1]): TopologyLink => ({
  name: `${one.node}:${one.interface}`,
  endpoints: [one, other],
});

const host = (number: number): NodeConfig => ({
  sysctls: { "net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1" },
  addresses: [{ interface: "eth0", address: `10.0.0.${number}/24` }],
});

const testpmdArguments = [
  ...["--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--no-shconf", "-l", "0-1"],
  ...["--vdev", "net_af_packet0,iface=eth1", "--vdev", "net_af_packet1,iface=eth2"],
  ...["--", "--forward-mode=io", "--auto-start", "--total-num-mbufs=8192"],
];

/** It polls without end, and ends with its standard input, hence the tail in front of it. */
const testpmd: ServiceSpec = {
  name: "testpmd",
  argv: ["sh", "-c", 'tail -f /dev/null | exec dpdk-testpmd "$@"', "testpmd", ...testpmdArguments],
  restart: "never",
};

/** `near` and `far`, and between them the forwarder: always two veth pairs, or one where there is none. */
function topologyOf(forwarder: Forwarder): Topology {
  const ends = [
    { name: "near", init: false, role: "host", config: host(1) },
    { name: "far", init: false, role: "host", config: host(2) },
  ];
  const topology = { name: forwarder, seed: 1 };
  const direct = { ...topology, nodes: ends, links: [link(end("near", "eth0"), end("far", "eth0"))] };
  if (forwarder === "none") return direct;
  if (forwarder === "wire") return withWire(direct, ["near:eth0"]);
  const bridges = forwarder === "bridge" ? { bridges: [{ name: "br0", ports: ["eth1", "eth2"] }] } : {};
  const middle = { name: "middle", init: true, role: "segment", config: { ...host(9), addresses: [], ...bridges } };
  return {
    ...topology,
    nodes: [...ends, middle],
    links: [link(end("near", "eth0"), end("middle", "eth1")), link(end("far", "eth0"), end("middle", "eth2"))],
  };
}

async function run(lab: Lab, node: string, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.node(node).exec(argv);
  if (code !== 0) throw new Error(`${argv.join(" ")} on ${node} ended with ${code}: ${stderr}`);
  return stdout;
}

async function arrived(lab: Lab): Promise<number> {
  const [device] = JSON.parse(await run(lab, "far", ["ip", "-j", "-s", "link", "show", "dev", "eth0"])) as [
    { stats64: { rx: { packets: number } } },
  ];
  return device.stats64.rx.packets;
}

const flood = (lab: Lab, milliseconds: number): Promise<string> =>
  run(lab, "near", [nativeInLab, "flood", "eth0", String(frameBytes), String(milliseconds)]);

/** Until frames come through: testpmd takes a second to start. */
async function untilForwarding(lab: Lab): Promise<void> {
  const before = await arrived(lab);
  await startDeadline(clock, startWaitMs).until("a frame to come through", async () => {
    await flood(lab, 1);
    const now = await arrived(lab);
    return now > before ? { done: true } : { seen: "none" };
  });
}

/** Thousands of frames a second that come through. */
async function throughput(lab: Lab): Promise<number> {
  await untilForwarding(lab);
  const before = await arrived(lab);
  const started = clock.nowMs();
  await flood(lab, floodMs);
  const seconds = (clock.nowMs() - started) / 1000;
  return ((await arrived(lab)) - before) / 1000 / seconds;
}

/** Median round trip in microseconds, one ping after the other. */
async function roundTrip(lab: Lab): Promise<number> {
  const text = await run(lab, "near", ["ping", "-c", String(pings), "-i", "0.002", "10.0.0.2"]);
  return 1000 * median([...text.matchAll(/time=([0-9.]+) ms/g)].map((found) => Number(found[1])));
}

async function withTestpmd<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  await lab.node("middle").services.start(testpmd);
  try {
    return await work();
  } finally {
    await lab.node("middle").services.stop(testpmd.name);
  }
}

interface Round {
  readonly wire: number;
  readonly testpmd: number;
  readonly bridge: number;
  readonly wireTrip: number;
  readonly directTrip: number;
}

async function oneRound(labs: Readonly<Record<Forwarder, Lab>>): Promise<Round> {
  return {
    wire: await throughput(labs.wire),
    testpmd: await withTestpmd(labs.testpmd, () => throughput(labs.testpmd)),
    bridge: await throughput(labs.bridge),
    wireTrip: await roundTrip(labs.wire),
    directTrip: await roundTrip(labs.none),
  };
}

function figuresOf(measured: readonly Round[]): BenchFigure[] {
  const of = (value: (round: Round) => number): number => median(measured.map(value));
  const name = (text: string): string => `${text}, ${frameBytes} bytes, median`;
  return [
    { name: name("the wire passes"), value: of((round) => round.wire), unit: "kpps", target: null },
    { name: name("testpmd io passes"), value: of((round) => round.testpmd), unit: "kpps", target: null },
    { name: name("the kernel's bridge passes"), value: of((round) => round.bridge), unit: "kpps", target: null },
    // As what is within a target is below it: the other way round.
    { name: "testpmd over the wire, median of rounds", value: of((round) => round.testpmd / round.wire), unit: "x", target: 1.25 },
    { name: "the bridge over the wire, median of rounds", value: of((round) => round.bridge / round.wire), unit: "x", target: null },
    { name: "round trip over a plain link, median", value: of((round) => round.directTrip), unit: "us", target: null },
    { name: "round trip over the wire, median", value: of((round) => round.wireTrip), unit: "us", target: null },
    { name: "what the wire adds to it", value: of((round) => round.wireTrip - round.directTrip), unit: "us", target: 100 },
  ];
}

/** Runs the benchmark: everything again and again in turn, so that what else the machine does meets all alike; under a minute. */
export async function wire(onProgress: (line: string) => void): Promise<BenchReport> {
  const backend = netnsBackend(await ensureRuntime());
  const forwarders: readonly Forwarder[] = ["wire", "testpmd", "bridge", "none"];
  const labs: [Forwarder, Lab][] = [];
  const measured: Round[] = [];
  try {
    for (const forwarder of forwarders)
      labs.push([forwarder, await backend.up(topologyOf(forwarder), { name: `bench-${process.pid}-${forwarder}` })]);
    for (let round = 1; round <= rounds; round += 1) {
      onProgress(`round ${round} of ${rounds}`);
      measured.push(await oneRound(Object.fromEntries(labs) as Record<Forwarder, Lab>));
    }
  } finally {
    await Promise.all(labs.map(([, lab]) => lab.down()));
  }
  return {
    schema: "farmlab.bench/1",
    name: "wire",
    figures: figuresOf(measured),
    dominates: measured.map((round, index) => {
      const shown = [round.wire, round.testpmd, round.bridge].map((value) => value.toFixed(0)).join(" / ");
      return `round ${index + 1}: wire / testpmd / bridge ${shown} kpps, ${(round.wire / round.testpmd).toFixed(2)} of testpmd`;
    }),
  };
}

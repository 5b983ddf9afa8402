/** A BAR with 4000 routes in a lab: how long it takes to come up, what it holds in memory, and how long one NR more takes until it is reached. */
import { expectValue } from "../../core/common/index.ts";
import { workloadIP6 } from "../../core/derive/index.ts";
import { emulatedNodes, farmText, loadFarm, type Farm } from "../../core/farm/index.ts";
import { networkWithout, wishesOf } from "../../core/intents/index.ts";
import { residentKilobytes } from "../../emulator/lab-processes.ts";
import { openFarm, requireTunnelRoom } from "../../property-tests/run/index.ts";
import { fullGateway, largeFarm, type LargeFarmSize } from "../../topologies/index.ts";
import { median, type BenchFigure } from "../figures.ts";
import { clock, firstPacketTimes } from "../first-packet.ts";
import { processorTimes } from "../processor-times.ts";

const rounds = 20;
const waitMs = 60_000;
/** Milliseconds from the store's write to the first packet. */
const target = 50;
const newcomer = { network: "net-0001", node: "node-001", host: 2 };

const gatewayFarm = (size: LargeFarmSize): Farm => expectValue(loadFarm(farmText(largeFarm("gateway", size)), "gateway.farm.yml")).farm;

/** Throws a LabError where this machine has no room for such a lab: told before anything else has been measured for minutes. */
export const requireGatewayRoom = (): void => requireTunnelRoom(gatewayFarm(fullGateway));

export async function liveGatewayFigures(say: (line: string) => void, size: LargeFarmSize = fullGateway): Promise<readonly BenchFigure[]> {
  const farm = gatewayFarm(size);
  const after = wishesOf(farm);
  const networks = after.networks.map((one) =>
    one.name === newcomer.network ? networkWithout(one, (node) => node === newcomer.node) : one,
  );
  const before = { ...after, networks };
  const [routes, nodes] = [size.networks * size.resourcesPerNetwork, emulatedNodes(farm).map(({ name }) => name)];
  say(`a lab with a BAR of ${routes} routes; live: ${nodes.join(", ")}`);
  const beganMs = clock.nowMs();
  const live = await openFarm({
    ...{ farm, wishes: before, seed: 1, name: `bench-${process.pid}-gateway` },
    signal: new AbortController().signal,
    onStep: say,
  });
  try {
    const upMs = clock.nowMs() - beganMs;
    const resident = (await residentKilobytes(live.lab.name)) ?? 0;
    const cpu = await processorTimes(live.lab.name);
    say([...cpu].map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(", "));
    await live.untilReady(await live.writeIntents(after), waitMs);
    const granted = await live.intentsNow(after);
    const resource = granted?.networks.find(({ name }) => name === newcomer.network)?.resources.find(({ node }) => node === newcomer.node);
    if (resource === undefined) throw new Error("who is to come was granted nothing");
    await live.untilReady(await live.writeIntents(before), waitMs);
    say(`one NR more, ${rounds} times`);
    const to = workloadIP6(resource.prefix, newcomer.host).address;
    const times = await firstPacketTimes({ live, before, after, from: { node: "grid" }, to, rounds, waitMs });
    return [
      { name: "a live BAR's routes", value: routes - 1, unit: "", target: null },
      { name: "its lab up and every agent ready", value: upMs / 1000, unit: "s", target: null },
      { name: "resident memory of the lab's processes", value: resident / 1000, unit: "MB", target: null },
      { name: "one NR more there, store write to first packet, median", value: median(times), unit: "ms", target },
      { name: "one NR more there, store write to first packet, worst", value: Math.max(...times), unit: "ms", target: null },
    ];
  } finally {
    await live.close();
  }
}

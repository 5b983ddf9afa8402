/**
 * EX-18 where the machine is not as it should be: its disk is full while a network's NR comes, or its clock jumps while networks come and go.
 * What runs goes on, nothing is half written, and the rest is made once it can be.
 */
import { emulatedNodes } from "../../core/farm/index.ts";
import { seededRandom } from "../../core/common/index.ts";
import type { ScheduledFault } from "../../core/farm/index.ts";
import { intentKeys } from "../../core/store/index.ts";
import { withFaults } from "../../emulator/faults/index.ts";
import type { NetworkWorld, Party, Resource } from "../oracle/index.ts";
import { clockOfSession } from "../run/clock.ts";
import { faultContext } from "../run/fault-context.ts";
import { lastingCount, notAsBefore } from "../run/farm-state.ts";
import { overlayName } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import { stateAtRest } from "./at-home.ts";
import { needsTunnels, outcomeOf } from "./law.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "./law.ts";
import { leftAtLast, noticing, recovering, sameAgain } from "./left-at-last.ts";
import { answeredFlows, lostDuring, silentFlows } from "./steady-flows.ts";
import { withoutNetwork, withoutResource } from "./without.ts";

const law = "EX-18";
const keyFolder = "/var/lib/farmlab";

/** A small disk of the folder's own, with what is in it, and no room. */
const fill = `
set -e
mkdir /run/small-disk
mount -t tmpfs -o size=64k,mode=700 small-disk /run/small-disk
cp -a "$0/." /run/small-disk/
mount --bind /run/small-disk "$0"
umount /run/small-disk
rmdir /run/small-disk
dd if=/dev/zero of="$0/.full" bs=4k 2>/dev/null || true`;
const makeRoom = 'rm "$0/.full"';
/** What is in it by then stays. */
const takeDisk = `
set -e
rm -f "$0/.full"
mkdir /run/large-disk
cp -a "$0/." /run/large-disk/
umount "$0"
cp -a /run/large-disk/. "$0/"
rm -r /run/large-disk`;

const inNode = async (session: Session, node: string, script: string): Promise<string> =>
  await session.read({ node }, ["sh", "-c", script, keyFolder]);

interface Newcomer {
  readonly network: NetworkWorld;
  readonly resource: Resource;
}

/** An NR with a tunnel, which needs a key, on a node that labs have. */
function newcomerOf({ world, seed }: Session): Newcomer | undefined {
  const candidates = world.networks.flatMap((network) =>
    network.resources
      .filter(({ exitPoint, emulated, overlay }) => !exitPoint && emulated && overlay === "wireguard" && network.exitPoint.emulated)
      .map((resource) => ({ network, resource })),
  );
  return seededRandom(seed, "EX-18 full disk").shuffle(candidates)[0];
}

const hasNoRoom = (session: Session, node: string): boolean =>
  session.statuses.get(node)?.phase === "failing" &&
  session.statuses.get(node)?.messages.some((message) => /no space left/i.test(message)) === true;

async function fullDisk(session: Session): Promise<PropertyOutcome> {
  const newcomer = newcomerOf(session);
  if (newcomer === undefined)
    return outcomeOf(0, [], { nothing: "no network of this farm has an NR with a tunnel besides its exit point" });
  const { network, resource } = newcomer;
  const { node } = resource;
  const tunnel = overlayName(network, resource);
  const before = await stateAtRest(session, { flows: false });
  const concerns = (party: Party | undefined): boolean => party?.kind === "workload" && party.resource === resource;
  const others = await answeredFlows(session, ({ from, answeredBy }) => !concerns(from) && !concerns(answeredBy));
  const own = await answeredFlows(session, ({ from, answeredBy }) => concerns(from) || concerns(answeredBy));
  const keys = async (): Promise<string> => (await session.lab.node(node).exec(["cat", `${keyFolder}/keys.json`])).stdout;
  const stories: string[] = [];
  const broken: BrokenFlow[] = [];
  await session.changeIntents(withoutResource(session.wishes, network.network.name, node));
  const kept = await keys();
  await inNode(session, node, fill);
  try {
    const lost = await lostDuring(session, others, { law, what: `the disk of ${node} was full` }, async () => {
      await session.writeIntents(session.wishes);
      const unsaid = await leftAtLast(session, noticing, () =>
        Promise.resolve(hasNoRoom(session, node) ? [] : [`the agent of ${node} does not say that there is no room for a key`]),
      );
      stories.push(...unsaid.map((story) => `${story}; expected: it does, and goes on (${law})`));
      const now = await keys();
      if (now !== kept)
        stories.push(
          `the key file of ${node} has ${now.length} bytes in place of ${kept.length} while its disk is full; expected: as it was (${law})`,
        );
      const [facts] = (await session.store.range(intentKeys.facts(node))).entries;
      if (facts !== undefined && publishesKey(facts.value, tunnel))
        stories.push(`${node} publishes a key for ${tunnel} which it could not keep; expected: none before (${law})`);
      await inNode(session, node, makeRoom);
      const still = await leftAtLast(session, recovering, () =>
        Promise.resolve(session.statuses.get(node)?.phase === "failing" ? [`the agent of ${node} still fails`] : []),
      );
      stories.push(...still.map((story) => `${story} when there is room again; expected: it makes the NR by itself (${law})`));
    });
    stories.push(...lost.stories);
    broken.push(...lost.broken);
  } finally {
    await inNode(session, node, takeDisk);
    await session.changeIntents(session.wishes);
  }
  if (stories.length > 0) return outcomeOf(others.length, stories, { broken });
  const changed = await leftAtLast(session, sameAgain, async () => notAsBefore(before, await stateAtRest(session, { flows: false })));
  const silent = await silentFlows(session, own);
  return outcomeOf(others.length + own.length + lastingCount(before), [
    ...changed.map((story) => `the disk of ${node} was full for a while, and ${story}; expected: as before (${law})`),
    ...silent.map(({ text }) => `${text} is not answered after the disk of ${node} was full; expected: answered (${law})`),
  ]);
}

const publishesKey = (text: string, tunnel: string): boolean => {
  const { publicKeys = {} } = JSON.parse(text) as { readonly publicKeys?: Readonly<Record<string, string>> };
  return publicKeys[tunnel] !== undefined;
};

const hourMs = 3_600_000;
/** Forward and back, further each time than any lease, rest or retry lasts. */
const jumpsMs = [6 * hourMs, -48 * hourMs];

async function jumpingClocks(session: Session): Promise<PropertyOutcome> {
  const [network] = seededRandom(session.seed, "EX-18 clocks").shuffle(
    session.world.networks.filter(({ resources }) => resources.every(({ emulated }) => emulated)),
  );
  if (network === undefined) return outcomeOf(0, [], { nothing: "no network of this farm is whole in labs" });
  const { name } = network.network;
  const concerns = (party: Party | undefined): boolean => party?.kind === "workload" && party.network === name;
  const before = await stateAtRest(session, { flows: false });
  const others = await answeredFlows(session, ({ from, answeredBy }) => !concerns(from) && !concerns(answeredBy));
  const own = await answeredFlows(session, ({ from, answeredBy }) => concerns(from) || concerns(answeredBy));
  const context = faultContext(session.lab, clockOfSession(session));
  const stories: string[] = [];
  const {
    stories: lost,
    figures,
    broken,
  } = await lostDuring(session, others, { law, what: "clocks jumped" }, async () => {
    for (const aheadMs of jumpsMs) {
      const jump = `${aheadMs > 0 ? "forward" : "back"} by ${Math.abs(aheadMs) / hourMs} hours`;
      const faults = emulatedNodes(session.farm).map(({ name: node }): ScheduledFault => ({
        atMs: 0,
        fault: { kind: "agent-clock", node, aheadMs },
      }));
      await withFaults({ seed: session.seed, faults }, context, async ({ allDone }) => {
        await allDone;
        await session.changeIntents(withoutNetwork(session.wishes, name));
        await session.changeIntents(session.wishes);
        const silent = await silentFlows(session, own);
        stories.push(...silent.map(({ text }) => `${text} is not answered when clocks have jumped ${jump}; expected: answered (${law})`));
      });
      const changed = await leftAtLast(session, sameAgain, async () => notAsBefore(before, await stateAtRest(session, { flows: false })));
      stories.push(
        ...changed.map((story) => `clocks jumped ${jump} while network ${name} went and came, and ${story}; expected: as before (${law})`),
      );
    }
  });
  return outcomeOf(others.length + jumpsMs.length * (own.length + lastingCount(before)), [...stories, ...lost], { figures, broken });
}

export const machineProperties: readonly Property[] = [
  {
    law,
    name: "EX-18 an agent whose disk is full says so and keeps what it has, and makes the rest when there is room",
    needs: needsTunnels,
    alone: true,
    run: fullDisk,
  },
  {
    law,
    name: "EX-18 clocks that jump while a network goes and comes are nothing to anybody",
    needs: needsTunnels,
    alone: true,
    run: jumpingClocks,
  },
];

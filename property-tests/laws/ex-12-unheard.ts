/**
 * EX-12 for who does not hear of it: a network leaves and comes again while the agent of one of its nodes is held up, so that its list is the
 * same as before when it goes on. The tunnel on its other side is another one, with which nothing is agreed.
 */
import { seededRandom } from "../../core/common/index.ts";
import { decodeNodeFacts } from "../../core/store/index.ts";
import type { NodeFacts } from "../../core/intents/index.ts";
import type { Resource } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import type { WatchedFlow } from "../what-if/flows.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast } from "./left-at-last.ts";
import { publishedText, publishing } from "./published-facts.ts";
import { answeredFlows, silentFlows } from "./steady-flows.ts";
import { withoutNetwork } from "./without.ts";

const law = "EX-12";

interface Chosen {
  readonly exitPoint: Resource;
  readonly resource: Resource;
}

/** An NR on a node that is no exit node and stands in for none, whose lease nobody misses, and its exit point. */
function choose({ seed, world }: Session): Chosen | undefined {
  const hosts = new Set(
    world.bars.flatMap(({ node, config: { partner, standbys } }) => [node, partner, ...(standbys ?? []).map((standby) => standby.node)]),
  );
  const candidates = world.networks.flatMap(({ exitPoint, resources }) =>
    resources
      .filter(({ emulated, overlay, node }) => emulated && exitPoint.emulated && overlay === "wireguard" && !hosts.has(node))
      .map((resource) => ({ exitPoint, resource })),
  );
  return seededRandom(seed, "EX-12 unheard").shuffle(candidates)[0];
}

/** As the others hear it: the node's own word is there before the store has it. */
async function factsOf(session: Session, node: string): Promise<NodeFacts | undefined> {
  const text = await publishedText(session, node);
  const decoded = text === undefined ? undefined : decodeNodeFacts(text);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** Until the exit point's node says that its tunnel of the network is made, or that it has none. Throws a HarnessError where it never does. */
async function untilExitPoint(session: Session, { node, network }: Resource, isThere: boolean): Promise<void> {
  const late = await leftAtLast(session, publishing, async () => {
    const facts = await factsOf(session, node);
    const tunnels = Object.entries(facts?.networks ?? {}).flatMap(([tunnel, name]) => (name === network ? [tunnel] : []));
    const made = tunnels.filter((tunnel) => facts?.acceptedKeys?.[tunnel] !== undefined);
    if (isThere ? made.length > 0 : tunnels.length === 0) return [];
    return [`${node} does not say that its part of network ${network} is ${isThere ? "made" : "gone"}`];
  });
  if (late[0] !== undefined) throw new HarnessError(late[0]);
}

async function unheard(session: Session): Promise<PropertyOutcome> {
  const chosen = choose(session);
  if (chosen === undefined) return outcomeOf(0, [], { nothing: "no network of this farm has a tunnel on a node that hosts no exit node" });
  const { exitPoint, resource } = chosen;
  const isOfResource = (party: WatchedFlow["from"] | undefined): boolean => party?.kind === "workload" && party.resource === resource;
  const flows = await answeredFlows(session, ({ from, answeredBy }) => isOfResource(from) || isOfResource(answeredBy));
  const { services } = session.lab.node(resource.node);
  await services.kill("agent", "SIGSTOP");
  try {
    await session.writeIntents(withoutNetwork(session.wishes, resource.network));
    await untilExitPoint(session, exitPoint, false);
    await session.writeIntents(session.wishes);
    await untilExitPoint(session, exitPoint, true);
  } finally {
    await services.kill("agent", "SIGCONT");
    await session.changeIntents(session.wishes);
  }
  const silent = await silentFlows(session, flows);
  return outcomeOf(
    flows.length,
    silent.map(
      ({ text }) =>
        `${text} is not answered after network ${resource.network} left and came again, of which ${resource.node} heard nothing; expected: answered (${law})`,
    ),
  );
}

export const unheardProperties: readonly Property[] = [
  {
    law,
    name: "EX-12 a network that leaves and comes again unheard by one of its nodes has that node's flows again",
    needs: needsTunnels,
    alone: true,
    run: unheard,
  },
];

/**
 * EX-16: where a gateway has a routing table for each network, these keep private and link-local addresses apart: there is no rule between
 * networks, and without any rule on what is forwarded they are as strange to each other as before.
 */
import { combine } from "./flows.ts";
import { attemptsFromWorkloads, attemptsThroughTunnels, judgeStrangers } from "./ex-10-isolation.ts";
import { outcomeOf, needsTunnels, seesTunnelled } from "./law.ts";
import { noTables } from "./silent.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import type { NetworkWorld } from "../oracle/index.ts";
import { routingPosition } from "../run/places.ts";
import type { Position, Session } from "../run/session.ts";

const law = "EX-16";

/** Of the gateways that the lab has. */
const networksApart = (session: Session): NetworkWorld[] =>
  session.world.networks.filter(({ bar, exitPoint }) => bar.config.isolation === "vrf" && exitPoint.emulated);

/** The gateway's namespaces: its own, and a routing table for each network. */
function namespacesOf(session: Session): (Position & { readonly namespace: string })[] {
  const networks = networksApart(session);
  const cores = [...new Set(networks.map(({ bar }) => bar.node))].map((node) => ({ node, namespace: "gateway" }));
  return [...cores, ...networks.map(routingPosition)];
}

const namesNetwork = (word: "iifname" | "oifname", line: string): boolean =>
  new RegExp(`\\b${word} "(?:to|vrf|core|pub-[0-9a-f]{4})-`).test(line);

/** Rules that decide by both ends between which networks something goes, or refuse something of a network for what it is. */
const isBetweenNetworks = (line: string): boolean =>
  (namesNetwork("iifname", line) && namesNetwork("oifname", line)) || (namesNetwork("iifname", line) && /\b(?:drop|reject)$/.test(line));

/** Chains on what is forwarded, with their lines. */
function forwardLines(ruleset: string): string[] {
  const chains = ruleset.split(/^\tchain /m).slice(1);
  return chains
    .filter((chain) => chain.includes(" hook forward "))
    .flatMap((chain) => chain.split("\n").slice(1))
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "}");
}

/** Besides its chain's own line, a network's table may not have any rule on what is forwarded. */
async function noRuleBetween(session: Session): Promise<PropertyOutcome> {
  const places = namespacesOf(session);
  const stories = await Promise.all(
    places.map(async (place) => {
      const lines = forwardLines(await session.read(place, ["nft", "--stateless", "list", "ruleset"]));
      const wrong = place.namespace === "gateway" ? lines.filter(isBetweenNetworks) : lines;
      return wrong.map(
        (line) =>
          `${place.namespace} on ${place.node} has the rule ${line}; expected: none between networks (EX-16: without a filter rule)`,
      );
    }),
  );
  return outcomeOf(places.length, stories.flat(), { nothing: noTables });
}

/** With every rule on what is forwarded taken away by hand; who starts anew puts them back (EX-17). */
async function withoutRules(session: Session): Promise<PropertyOutcome> {
  const networks = networksApart(session);
  if (networks.length < 2)
    return outcomeOf(0, [], { nothing: networks.length === 0 ? noTables : "no two networks of this farm have routing tables" });
  const gateways = namespacesOf(session).filter(({ namespace }) => namespace === "gateway");
  try {
    for (const gateway of gateways) {
      await session.read(gateway, ["nft", "flush chain inet farmlab forward; chain inet farmlab forward { policy accept; }"]);
    }
    const judged = [
      await judgeStrangers(session, networks, { law, attemptsOf: attemptsFromWorkloads }),
      await judgeStrangers(session, networks, { law, attemptsOf: attemptsThroughTunnels }),
    ];
    const { runs, stories, broken } = combine(...judged);
    return outcomeOf(runs, stories, { broken, nothing: noTables });
  } finally {
    await session.restartAgents();
  }
}

export const tableProperties: readonly Property[] = [
  {
    law,
    name: "EX-16 a gateway with a routing table for each network has no rule between networks",
    needs: needsTunnels,
    run: noRuleBetween,
  },
  {
    law,
    name: "EX-16 routing tables alone keep private and link-local addresses apart, without any rule on what is forwarded",
    needs: seesTunnelled,
    alone: true,
    run: withoutRules,
  },
];

/**
 * EX-17 where a program that makes a node's state fails: at once, halfway, or after it has done its work. What an agent could not do it does at
 * the next look, and nothing is half forgotten; a link without its rules does not come up.
 */
import { emulatedNodes } from "../../core/farm/index.ts";
import { seededRandom } from "../../core/common/index.ts";
import type { Figure } from "../../reports/index.ts";
import { lastingCount, notAsBefore } from "../run/farm-state.ts";
import type { Session } from "../run/session.ts";
import { stateAtRest } from "./at-home.ts";
import { drawSteps, listsOf } from "./history.ts";
import type { Step } from "./history.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast, noticing, recovering, sameAgain } from "./left-at-last.ts";

const law = "EX-17";
const steps = 5;
const stepWaitMs = 25_000;

const folder = "/run/farmlab-failing";
const programs = ["ip", "nft"] as const;
const ways = ["nothing", "half", "all"] as const;

/**
 * Stands in a program's place: the calls that have a file of their number fail, having done what stands in it; the rest is the program's own.
 * When all is taken away again, the program is what is in its place. Who makes a file first has its number, so that calls side by side have different ones. Only what the shell does itself, for haste.
 */
const shadow = `#!/bin/sh
name=\${0##*/}
real="${folder}/real/$name"
number=1
set -C
until { true > "${folder}/$name-calls/$number"; } 2>/dev/null; do
  [ -d "${folder}/$name-calls" ] || exec "$0" "$@"
  number=$((number + 1))
done
{ read -r way < "${folder}/$name-fails/$number" || read -r way < "${folder}/$name-fails/every"; } 2>/dev/null || exec "$real" "$@"
echo "$way" > "${folder}/$name-failed/$number"
case "$way" in
  half) input=$(cat); lines=$(printf '%s\\n' "$input" | wc -l); printf '%s\\n' "$input" | head -n $((lines / 2)) | "$real" "$@";;
  all) "$real" "$@";;
esac
echo "$name fails" >&2
exit 1
`;

const putShadow = `
set -e
mkdir -p "$0/real" "$0/shadow"
for name in ip nft; do
  mkdir -p "$0/$name-calls" "$0/$name-fails" "$0/$name-failed"
  path=$(readlink -f "$(command -v $name)")
  cp "$path" "$0/real/$name"
  printf %s "$1" > "$0/shadow/$name"
  chmod +x "$0/shadow/$name"
  mount --bind "$0/shadow/$name" "$path"
done`;
/** A call may have begun in the shadow: from the folder's old place it puts nothing more into what is deleted. */
const takeShadow = `
for name in ip nft; do umount -l "$(readlink -f "$(command -v $name)")" 2>/dev/null; done
for counted in failed calls; do ls "$0/ip-$counted" "$0/nft-$counted" | grep -c '^[0-9]' || true; done
mv "$0" "$0-over"
rm -rf "$0-over"`;

const run = async (session: Session, node: string, script: string, ...given: readonly string[]): Promise<string> =>
  await session.read({ node }, ["sh", "-c", script, folder, ...given]);

interface Counted {
  readonly failed: number;
  readonly calls: number;
}

/** While `work` is done the given nodes' programs can be made to fail; answers how often they did, of how many calls. */
async function withShadows(session: Session, nodes: readonly string[], work: () => Promise<void>): Promise<Counted> {
  let counted: Counted = { failed: 0, calls: 0 };
  try {
    for (const node of nodes) await run(session, node, putShadow, shadow);
    await work();
  } finally {
    const counts = await Promise.all(nodes.map(async (node) => await run(session, node, takeShadow)));
    const lines = counts.map((text) => text.trim().split("\n").map(Number));
    const sum = (line: number): number => lines.reduce((total, numbers) => total + (numbers[line] ?? 0), 0);
    counted = { failed: sum(0), calls: sum(1) };
  }
  return counted;
}

const nodesOf = ({ farm, world }: Session): string[] =>
  emulatedNodes(farm)
    .map(({ name }) => name)
    .filter((node) => world.networks.some(({ resources }) => resources.some((one) => one.node === node)));

/** Of a program's next calls, as `3 half`, in place of those named before: an agent waits the longer the more often in a row it has failed. */
const nameFailures = `
program=$1
rm -f "$0/$program-fails/"*
made=$(ls "$0/$program-calls" | wc -l)
shift
for one; do echo "\${one#* }" > "$0/$program-fails/$((made + \${one% *}))"; done`;

/** Chooses which of the next calls fail, and how; each program's very next one where it is `certain`. */
async function drawFailures(
  session: Session,
  nodes: readonly string[],
  random: ReturnType<typeof seededRandom>,
  certain: boolean,
): Promise<void> {
  for (const node of nodes) {
    for (const program of programs) {
      const drawn = Array.from({ length: random.below(3) }, () => `${1 + random.below(6)} ${random.pick(ways)}`);
      const offsets = certain ? [`1 ${random.pick(ways)}`, ...drawn.slice(1)] : drawn;
      await run(session, node, nameFailures, program, ...offsets);
    }
  }
}

async function failingMidway(session: Session): Promise<PropertyOutcome> {
  if (session.wishes.networks.length === 0) return outcomeOf(0, [], { nothing: "this farm has no network" });
  const before = await stateAtRest(session, { flows: false });
  const nodes = nodesOf(session);
  const random = seededRandom(session.seed, "EX-17 failing programs");
  // All are there at first: something has to go before anything can come.
  const history = drawSteps(session.wishes, session.seed, "EX-17 failing programs", steps, 0).map((step, index): Step =>
    index === 0 ? { ...step, act: "go" } : step,
  );
  const { failed, calls } = await withShadows(session, nodes, async () => {
    // The first step takes something away, for which somebody has to call a program.
    for (const [index, { list }] of [...listsOf(session.wishes, history, true), { list: session.wishes }].entries()) {
      await drawFailures(session, nodes, random, index === 0);
      await session.changeIntents(list, "pass");
    }
  });
  if (failed === 0) throw new HarnessError(`no program has failed, of ${calls} calls`);
  const changed = await leftAtLast(session, sameAgain, async () => notAsBefore(before, await stateAtRest(session, { flows: false })));
  const figures: Figure[] = [{ name: "programs that failed while networks came and went", value: failed, unit: "programs", bound: null }];
  return outcomeOf(
    lastingCount(before),
    changed.map((story) => `programs failed while networks came and went, and ${story}; expected: what the list says, as before (EX-17)`),
    { figures },
  );
}

interface ShownLink {
  readonly ifname: string;
  readonly flags?: readonly string[];
}

/** Links of a namespace that are up though nothing could be made a rule there. */
async function linksUp(session: Session, node: string, namespace: string): Promise<readonly string[]> {
  const text = await session.read({ node, namespace }, ["ip", "-json", "link", "show"]);
  return (JSON.parse(text) as readonly ShownLink[])
    .filter(({ ifname, flags }) => ifname !== "lo" && flags?.includes("UP") === true)
    .map(
      ({ ifname }) =>
        `${ifname} of ${namespace} on ${node} is up before its rules could be made; expected: down until they are there (EX-17)`,
    );
}

/** A network comes to a node that cannot make a rule. */
async function withoutRules(session: Session): Promise<PropertyOutcome> {
  const [network] = session.wishes.networks;
  const node = network?.resources.find(({ exitPoint }) => exitPoint)?.node;
  if (network === undefined || node === undefined || !nodesOf(session).includes(node))
    return outcomeOf(0, [], { nothing: "this farm has no network on a node that labs have" });
  const before = await stateAtRest(session, { flows: false });
  const stories: string[] = [];
  let looked = 0;
  await session.changeIntents({ ...session.wishes, networks: session.wishes.networks.filter((one) => one !== network) });
  const there = new Set((await session.read({ node }, ["ls", "/run/netns"])).split("\n"));
  try {
    await withShadows(session, [node], async () => {
      await run(session, node, 'echo nothing > "$0/nft-fails/every"');
      await session.writeIntents(session.wishes);
      const waiting = await leftAtLast(session, noticing, () =>
        Promise.resolve(session.statuses.get(node)?.phase === "failing" ? [] : [`the agent of ${node} does not say that its rules fail`]),
      );
      stories.push(...waiting.map((story) => `${story}; expected: it does, and tries again (EX-17)`));
      const made = (await session.read({ node }, ["ls", "/run/netns"])).split("\n").filter((name) => name !== "" && !there.has(name));
      const routers = made.filter((name) => name.startsWith("net-"));
      looked = routers.length;
      for (const namespace of routers) stories.push(...(await linksUp(session, node, namespace)));
    });
    const failing = await leftAtLast(session, recovering, () =>
      Promise.resolve(session.statuses.get(node)?.phase === "failing" ? [`the agent of ${node} still says that its rules fail`] : []),
    );
    stories.push(...failing.map((story) => `${story} when they can be made; expected: they are made (EX-17)`));
  } finally {
    await session.changeIntents(session.wishes);
  }
  if (looked === 0 && stories.length === 0) throw new HarnessError(`no namespace of ${network.name} has come to ${node}`);
  const changed = await leftAtLast(session, sameAgain, async () => notAsBefore(before, await stateAtRest(session, { flows: false })));
  stories.push(...changed.map((story) => `rules could not be made for a while, and ${story}; expected: as before (EX-17)`));
  return outcomeOf(lastingCount(before) + looked, stories);
}

export const failingProperties: readonly Property[] = [
  {
    law,
    name: "EX-17 programs that fail midway while networks come and go leave nothing undone, and nothing behind",
    needs: needsTunnels,
    alone: true,
    waitMs: () => (steps + 2) * stepWaitMs,
    run: failingMidway,
  },
  {
    law,
    name: "EX-17 no link comes up before its rules are there, where rules cannot be made",
    needs: needsTunnels,
    alone: true,
    run: withoutRules,
  },
];

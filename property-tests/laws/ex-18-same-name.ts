/**
 * EX-18 where by mistake two agents would be one node: a second agent on it, or another machine that was given its name. One of them is the
 * node, the other one changes nothing and says why; who is started anew is the node at once, whatever its earlier life left in the store.
 */
import { createConnection } from "node:net";
import { emulatedNodes } from "../../core/farm/index.ts";
import { seededRandom } from "../../core/common/index.ts";
import type { NodeAgent, NodeStatus } from "../../core/intents/index.ts";
import { encodeNodeStatus, agentKey, decodeNodeAgent, decodeNodeStatus, intentKeys } from "../../core/store/index.ts";
import type { StoreEntry } from "../../core/store/index.ts";
import { lastingCount, notAsBefore } from "../run/farm-state.ts";
import { stateAtRest } from "./at-home.ts";
import { serviceOf, storeHostOf } from "./services.ts";
import type { Session } from "../run/session.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { foundMeanwhile, leftAtLast } from "./left-at-last.ts";
import { difference, publishedFacts } from "./published-facts.ts";
import { answeredFlows, lostDuring } from "./steady-flows.ts";

const law = "EX-18";
const saying = { waitMs: 15_000, everyMs: 50 };
/** An agent that took itself for the node would publish what it says within a tenth of a second. */
const publishing = { waitMs: 1000, everyMs: 100 };
/** A lease of the store lasts 5 s, and who waits for its end asks every second. */
const succeeding = { waitMs: 20_000, everyMs: 100 };
const secondsBetweenKeeping = 1;
const folderOf = (machine: string): string => `/run/farmlab-${machine}`;

/** Another machine with a node's name: the same agent, with files of its own, in a network of its own beside the store. */
async function startMachine(session: Session, machine: string, node: string): Promise<void> {
  const host = session.lab.node(storeHostOf(session));
  const [program, bundle] = serviceOf(session, host.name, "allocator").argv;
  if (program === undefined || bundle === undefined) throw new HarnessError("the allocator is started otherwise than agents are");
  const told = JSON.parse(await session.read({ node: host.name }, ["cat", "/etc/farmlab/allocator.json"])) as { store: readonly string[] };
  const folder = folderOf(machine);
  const paths = { keys: `${folder}/keys.json`, statusSocket: `${folder}/agent.sock` };
  const configuration = JSON.stringify({ node, store: told.store, reflector: {}, paths });
  await session.read({ node: host.name }, ["sh", "-c", 'mkdir -p "$0" && printf %s "$1" > "$0/agent.json"', folder, configuration]);
  await host.services.start({
    ...{ name: machine, restart: "always", readyPath: paths.statusSocket },
    argv: ["/usr/bin/unshare", "--net", program, bundle, `${folder}/agent.json`],
  });
}

const stopMachine = async (session: Session, machine: string): Promise<void> =>
  await session.lab.node(storeHostOf(session)).services.stop(machine);

/** What a machine's agent says of itself now. */
async function statusOf(session: Session, machine: string): Promise<NodeStatus | undefined> {
  const line = Promise.withResolvers<string>();
  const socket = createConnection(session.lab.node(storeHostOf(session)).hostPath(`${folderOf(machine)}/agent.sock`));
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("\n")) line.resolve(text);
  });
  socket.on("error", () => line.resolve(""));
  socket.on("close", () => line.resolve(""));
  try {
    const [first = ""] = (await line.promise).split("\n");
    if (first === "") return undefined;
    const status = decodeNodeStatus(JSON.stringify((JSON.parse(first) as { status?: unknown }).status));
    return status.ok ? status.value : undefined;
  } finally {
    socket.destroy();
  }
}

/** What keeps a machine from having said that another one is the node. */
async function notYetRefused(session: Session, machine: string, node: string): Promise<readonly string[]> {
  const status = await statusOf(session, machine);
  const expected = `another node is called ${node}`;
  if (status?.phase === "waiting" && status.messages.includes(expected)) return [];
  const said = status === undefined ? "says nothing" : `is ${status.phase} (${status.messages.join("; ").slice(0, 200)})`;
  return [`another machine that is called ${node} ${said}; expected: it waits, as ${expected} (EX-18)`];
}

async function agentOf(session: Session, node: string): Promise<NodeAgent | undefined> {
  const key = agentKey(node);
  const entry = (await session.store.range(key)).entries.find((one) => one.key === key);
  const decoded = entry === undefined ? undefined : decodeNodeAgent(entry.value);
  return decoded?.ok === true ? decoded.value : undefined;
}

/** With the revision of each, which tells of something that is said again, too. */
const published = async (session: Session, node: string): Promise<readonly StoreEntry[]> => {
  const status = await session.store.range(intentKeys.status(node));
  return [...(await publishedFacts(session)), ...status.entries].filter(({ key }) => key.endsWith(`/${node}`));
};

/**
 * What nodes say of themselves reaches the store a while after those who listen: what they had still to say is nothing that others had them say.
 * All of them, since each says up to which revision of the store it is, and so answers to what the others say.
 */
async function untilSaid(session: Session): Promise<void> {
  const late = await leftAtLast(session, saying, async () => {
    const entries = await Promise.all(
      emulatedNodes(session.farm).map(async ({ name }) => (await session.store.range(intentKeys.status(name))).entries[0]),
    );
    return emulatedNodes(session.farm).flatMap(({ name }, index) => {
      const live = session.statuses.get(name);
      return live === undefined || entries[index]?.value === encodeNodeStatus(live) ? [] : [`the store has an earlier status of ${name}`];
    });
  });
  if (late[0] !== undefined) throw new HarnessError(late[0]);
}

/** Where nobody is called so, as in a store that was emptied a moment ago, whoever asks first may be. */
async function untilNamed(session: Session, node: string): Promise<NodeAgent> {
  let named: NodeAgent | undefined;
  const late = await leftAtLast(session, saying, async () => {
    named = await agentOf(session, node);
    return named === undefined ? [`the store does not say which machine is ${node}`] : [];
  });
  if (named === undefined) throw new HarnessError(late[0] ?? "");
  return named;
}

const chosenNode = (session: Session): string | undefined => {
  const concerned = emulatedNodes(session.farm).filter(({ name }) =>
    session.world.networks.some(({ resources }) => resources.some((one) => one.node === name)),
  );
  return seededRandom(session.seed, "EX-18 same name").shuffle(concerned)[0]?.name;
};

/** What a second agent on the node does. */
async function secondAgent(session: Session, node: string): Promise<readonly string[]> {
  const { argv } = serviceOf(session, node, "agent");
  const { code, stdout, stderr } = await session.lab.node(node).exec(argv, { timeoutMs: saying.waitMs });
  const pid = /"another agent of this node runs: process (\d+)"/.exec(stdout)?.[1];
  const isAgent = pid !== undefined && (await session.read({ node }, ["cat", `/proc/${pid}/cmdline`])).includes(argv[1] ?? "");
  if (code === 2 && isAgent) return [];
  return [
    `a second agent on ${node} ended with code ${code} and said ${(stdout + stderr).trim().slice(0, 200)}; expected: code 2, and which process is the agent (EX-18)`,
  ];
}

async function refused(session: Session): Promise<PropertyOutcome> {
  const node = chosenNode(session);
  if (node === undefined) return outcomeOf(0, [], { nothing });
  const before = await stateAtRest(session, { flows: false });
  await untilSaid(session);
  const called = await untilNamed(session, node);
  const said = await published(session, node);
  const flows = await answeredFlows(session);
  const what = "there were two agents for one node";
  const wrong: string[] = [];
  const publishedAnew = async (): Promise<readonly string[]> =>
    (await published(session, node)).flatMap(({ key, value, revision }) => {
      const before = said.find((one) => one.key === key);
      if (before?.revision === revision) return [];
      const how = before === undefined ? "is new" : difference(value, before.value);
      return [`${node} has published something anew while ${what}: ${key} ${how}; expected: nothing (EX-18)`];
    });
  const { figures, stories, broken } = await lostDuring(session, flows, { law, what }, async () => {
    wrong.push(...(await secondAgent(session, node)));
    try {
      await startMachine(session, "other", node);
      wrong.push(...(await leftAtLast(session, saying, async () => await notYetRefused(session, "other", node))));
      wrong.push(...(await foundMeanwhile(session, publishing, publishedAnew)));
    } finally {
      await stopMachine(session, "other");
    }
  });
  const now = await agentOf(session, node);
  if (now !== undefined && now.identity !== called.identity)
    wrong.push(`the name ${node} has become the other machine's while ${what}; expected: whose it was (EX-18)`);
  const changed = notAsBefore(before, await stateAtRest(session, { flows: false }));
  wrong.push(...changed.map((difference) => `while ${what}, ${difference}; expected: as it was before (EX-18)`));
  return outcomeOf(flows.length + lastingCount(before) + 3, [...wrong, ...stories], { figures, broken });
}

/** With a name that is in no list, so that whoever is the node has nothing to do to its machine. */
const twin = "farmlab-twin";

async function succeeded(session: Session): Promise<PropertyOutcome> {
  const stories: string[] = [];
  try {
    await startMachine(session, "twin-1", twin);
    let first: NodeAgent | undefined;
    const isNamed = async (): Promise<readonly string[]> => {
      first = await agentOf(session, twin);
      return first === undefined ? [`nobody is called ${twin}, and a machine is; expected: it says so in the store (EX-18)`] : [];
    };
    stories.push(...(await leftAtLast(session, saying, isNamed)));
    if (first === undefined) return outcomeOf(1, stories);
    stories.push(...(await startedAnew(session, first)));
    if (stories.length > 0) return outcomeOf(2, stories);
    await startMachine(session, "twin-2", twin);
    stories.push(...(await leftAtLast(session, saying, async () => await notYetRefused(session, "twin-2", twin))));
    await stopMachine(session, "twin-1");
    const isSucceeded = async (): Promise<readonly string[]> => {
      const now = await agentOf(session, twin);
      const status = await statusOf(session, "twin-2");
      if (now !== undefined && now.identity !== first?.identity && status?.phase === "ready") return [];
      return [`the other machine called ${twin} is ${status?.phase ?? "silent"} when the first has gone; expected: it is the node (EX-18)`];
    };
    stories.push(...(await leftAtLast(session, succeeding, isSucceeded)));
  } finally {
    await Promise.all(["twin-1", "twin-2"].map(async (machine) => await stopMachine(session, machine)));
    await session.store.delete(agentKey(twin));
    await session.store.delete(intentKeys.status(twin));
  }
  return outcomeOf(3, stories);
}

/** The lease of its earlier life is kept alive meanwhile: who waited for its end would wait for ever. */
async function startedAnew(session: Session, first: NodeAgent): Promise<readonly string[]> {
  let keptAt = Number.NEGATIVE_INFINITY;
  await session.lab.node(storeHostOf(session)).services.kill("twin-1", "SIGKILL");
  return await leftAtLast(session, saying, async () => {
    if (session.nowMs() - keptAt >= secondsBetweenKeeping * 1000) {
      keptAt = session.nowMs();
      if ((await session.store.keepLease(first.lease)) <= 0)
        throw new HarnessError("the lease of an agent that was killed ended too early");
    }
    const now = await agentOf(session, twin);
    if (now !== undefined && now.life !== first.life && now.identity === first.identity) return [];
    return [`an agent that was killed and started anew waits for the lease of its earlier life; expected: it knows it again (EX-18)`];
  });
}

const nothing = "this farm has no network";

export const sameNameProperties: readonly Property[] = [
  {
    law,
    name: "EX-18 a second agent of a node, and another machine with its name, change nothing and say why",
    needs: needsTunnels,
    alone: true,
    run: refused,
  },
  {
    law,
    name: "EX-18 of two machines with one name the other is the node when the first has gone, and who starts anew is it at once",
    needs: needsTunnels,
    alone: true,
    run: succeeded,
  },
];

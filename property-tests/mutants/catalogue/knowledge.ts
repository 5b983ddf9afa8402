/** What agents know, and from where: keys, what nodes publish, and what they remember of a life before. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const applies = patchedIn("apply");
const acts = patchedIn("agent");
const stores = patchedIn("store");

export const knowledgeMutants: readonly Mutant[] = [
  acts("keys-made-anew", "an agent that starts makes its keys anew, whatever its key file says", "EX-18", [
    "core/agents/key-ring.ts",
    "if (file !== undefined) return { ...file, notice: undefined };",
    "if (file !== undefined) return { ...file, keys: new Map(), notice: undefined };",
  ]),
  applies(
    "traffic-held-for-a-look",
    "nothing is forwarded while an agent looks at its node, so that it sees a state that stays",
    "EX-18",
    [
      "core/apply/observe.ts",
      "  const [host, ...inside] = await Promise.all([",
      [
        "  const hold = async (input: string) => await Promise.all(names.map((name) => system.run({ namespace: name, argv: ['nft', '-f', '-'], input })));",
        "  await hold('table inet held { chain held { type filter hook forward priority 0; policy drop; }; }\\n');",
        "  const [host, ...inside] = await Promise.all([",
      ].join("\n"),
    ],
    [
      "core/apply/observe.ts",
      '  const namespaces = new Map([["host", host]',
      '  await hold("delete table inet held\\n");\n  const namespaces = new Map([["host", host]',
    ],
  ),
  acts("keys-never-kept", "a key file is written beside its place, and never put there", "EX-18", [
    "core/agents/files.ts",
    "  renameSync(temporary, path);\n",
    "",
  ]),
  acts("key-not-kept-published", "a key that there was no room for counts as kept", "EX-18", [
    "core/agents/key-ring.ts",
    "for (const name of made) keys.delete(name);\n        throw error;",
    "void error;",
  ]),
  acts("written-in-place", "a key file is written where it stands", "EX-18", [
    "core/agents/files.ts",
    "const temporary = `${path}.new`;",
    "const temporary = path;",
  ]),
  acts("bare-node-taken-for-built", "an agent that starts on a bare node takes it for built where the store has facts of it", "EX-18", [
    "core/agents/reconciler.ts",
    "    const { plan, failures } = await this.#apply(await this.#planWithArrivals(intents, facts), self);",
    [
      "    if (this.#applied === undefined && this.#parts.isBare() && facts.some((one) => one.node === node)) return [];",
      "    const { plan, failures } = await this.#apply(await this.#planWithArrivals(intents, facts), self);",
    ].join("\n"),
  ]),
  acts("empty-store-believed", "a store that comes back empty is believed that nobody wants a network any more", "EX-18", [
    "core/agents/store-view.ts",
    "!isEmpty(this.#inForce) &&",
    "isEmpty(this.#inForce) &&",
  ]),
  acts(
    "another-store-believed",
    "a store that begins anew with more revisions than were seen is taken for one whose list was emptied",
    "EX-18",
    ["core/agents/store-view.ts", "snapshot.cluster !== this.#cluster", "snapshot.cluster === undefined"],
  ),
  stores("lost-facts-not-missed", "what a node published counts as published when the store comes back without it", "EX-18", [
    "core/agents/publisher.ts",
    "      life += 1;\n      held = { value, revision };",
    "      life += 1;",
  ]),
  acts("second-agent-of-a-node", "a second agent on a node works beside the first", "EX-18", [
    "core/agents/main.ts",
    "    const lock = await lockNode(nodeLockName, process.pid, clock);",
    "    const lock = await lockNode(`${nodeLockName}-${process.pid}`, process.pid, clock);",
  ]),
  acts("second-agent-does-not-ask", "a second agent on a node does not say which is the first", "EX-18", [
    "core/agents/node-lock.ts",
    "    socket.end(`${pid}\\n`);",
    "    socket.end();",
  ]),
  acts("any-machine-of-the-name", "a machine that starts takes a node's name from whoever has it", "EX-18", [
    "core/agents/node-name.ts",
    "(isThisMachines && this.#isStarting)",
    "this.#isStarting",
  ]),
  acts("own-lease-waited-for", "an agent that is started anew waits until the lease of its earlier life has ended", "EX-18", [
    "core/agents/node-name.ts",
    " || (isThisMachines && this.#isStarting)",
    "",
  ]),
  acts("name-asked-for-once", "a machine whose name is another's does not ask for it again", "EX-18", [
    "core/agents/node-name.ts",
    "    return this.#tell(false, `another node",
    "    this.#turn = async () => await Promise.resolve(keepEveryMs);\n    return this.#tell(false, `another node",
  ]),
  acts(
    "status-of-another",
    "a machine whose name is another's publishes its status in that one's place",
    "EX-18",
    ["core/agents/agent.ts", "        name.requireOurs();\n", ""],
    ["core/agents/agent.ts", "if (name.isOurs) status.set", "status.set"],
  ),
  applies("failure-taken-for-success", "a program that fails counts as one that did its work", "EX-17", [
    "core/apply/apply.ts",
    "isDone = result.code === 0 || isHarmless(result.stderr);",
    "isDone = result.code >= 0 || isHarmless(result.stderr);",
  ]),
  applies(
    "rest-forgotten-after-failure",
    "what could not be done counts as done from the next pass on",
    "EX-17",
    ["core/apply/apply.ts", "return execution.failures.length > 0 ? report : { ...report,", "return { ...report,"],
    [
      "core/agents/reconciler.ts",
      "failures.length > 0 || report.observed === undefined ? undefined",
      "report.observed === undefined ? undefined",
    ],
    ["core/agents/reconciler.ts", "if (this.#failures.length > 0) this.look();", "if (this.#failures.length > 0) this.wake();"],
  ),
  applies("up-without-rules", "links come up though their rules could not be made", "EX-17", [
    "core/apply/apply.ts",
    "    if (!areRulesThere) return;\n",
    "",
  ]),
  applies("half-made-link-taken", "a link that was left half made, and makes addresses of its own, is taken as it is", "EX-17", [
    "core/apply/links.ts",
    "(fresh || observed.makesAddresses === true)",
    "fresh",
  ]),
];

/** Failures of the first farm, each with its layer planted: a rule, a route, a link, the oracle, nothing at all. */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { expectValue, parseAddress, seededRandom } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { Fault } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { readCapture } from "../../emulator/capture/index.ts";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import { withFaults } from "../../emulator/faults/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { faultContext } from "../run/fault-context.ts";
import { flowText, flowsTo } from "../laws/flows.ts";
import type { BrokenFlow } from "../laws/index.ts";
import { selectProperties } from "../run/index.ts";
import { mutants } from "../mutants/index.ts";
import { predict } from "../oracle/index.ts";
import type { Flow, Party } from "../oracle/index.ts";
import type { Evidence, ViewName } from "../run/index.ts";
import { openSession, type OpenSession } from "../run/open-session.ts";
import { watchCoverage } from "../run/coverage/observe-coverage.ts";
import { dropsText } from "../run/kernel-drops.ts";
import { differencesFromPlan } from "../run/views/against-plan.ts";
import { expectedOf } from "../run/views/oracle-view.ts";
import { contradiction } from "../run/views/outcome.ts";
import { walkFlow } from "../run/views/tables-view.ts";
import { readLabTables } from "../run/views/tables/lab-tables.ts";
import { evidenceOf } from "../run/views/index.ts";

const fileOf = (farm: string): string => new URL(`../../topologies/${farm}.farm.yml`, import.meta.url).pathname;
const file = fileOf("exit-node");
const original = readFileSync(file, "utf8");
const overlays = readFileSync(fileOf("overlays"), "utf8");
/** Of some 200; each asks up to 30 kernels for a route. */
const flowsWalked = 16;
let opened: OpenSession | undefined;

async function open(mutantId?: string, text: string = original, backend: BackendName = "netns"): Promise<OpenSession["session"]> {
  const { farm } = expectValue(loadFarm(text, file));
  opened = await openSession({
    ...{ file, text, farm, intents: expectValue(intentsOf(farm)), seed: 1, backend, image: "built" },
    ...{
      patches: mutantId === undefined ? [] : mutants.find(({ id }) => id === mutantId)!.patches,
      signal: new AbortController().signal,
      onStep: () => undefined,
    },
  });
  return opened.session;
}

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const address = (text: string): Address => parseAddress(text)!;

function partyNamed(session: OpenSession["session"], name: string): Party {
  return [...session.world.workloads, ...session.world.internetHosts].find((one) => one.name === name)!;
}

const property = (law: string): { law: string; name: string } => ({ law, name: `${law} of a test` });

const ends = ({ views }: Evidence): Record<ViewName, string | null> =>
  Object.fromEntries(views.map((view) => [view.view, view.ends])) as Record<ViewName, string | null>;

/** What a property hands over of its own accord. */
async function firstBroken(session: OpenSession["session"], law: string, name: string): Promise<BrokenFlow> {
  const outcome = await selectProperties([law])
    .find((one) => one.name.includes(name))!
    .run(session);
  return outcome.broken![0]!;
}

async function ruleThatIsNotThere(backend: BackendName): Promise<void> {
  const session = await open("snat-left-out", original, backend);
  const broken = await firstBroken(session, "EX-9", "sees GWPubIP4");
  const evidence = await evidenceOf(session, property("EX-9"), broken);
  expect(evidence.guilty?.layer).toBe("control plane");
  expect(evidence.guilty?.because).toMatch(
    /node-1\/gateway: farmlab\/to-upstream: oifname "pub-1-1" ip saddr .* drop; kernel and wire do as the tables say; not as planned: node-1\/gateway: rule missing: farmlab\/source-nat: oifname "pub-1-1" ip saddr 10\.0\.0\.0\/8 snat ip to 185\.69\.166\.123 fully-random$/,
  );
  expect(ends(evidence)).toEqual({
    oracle: "grid",
    tables: "node-1/gateway",
    kernel: "node-1/gateway",
    wire: "node-1/gateway",
  });
  expect(evidence.path.find(({ place }) => place === "node-1/gateway")?.routes).toEqual(["default via 185.69.166.1 dev pub-1-1"]);
  const { packets, notes } = readCapture(Buffer.from(evidence.capture!, "base64"));
  expect(notes).toEqual([]);
  expect(packets.at(0)?.interface.name).toBe("node-1/w-1abc-2:eth0");
  expect(packets.at(-1)?.interface.name).toBe("node-1/gateway:to-1abc-1");
}

it("a rule that is not there: the control plane, with the rule that stops the packet instead", () => ruleThatIsNotThere("netns"));
it.skipIf(missing)(`such a rule is found on containerlab too (${needs})`, () => ruleThatIsNotThere("containerlab"));

it("a route that is not there: the control plane, where the answer finds no way back", async () => {
  const session = await open("return-route-left-out");
  const flow = { from: partyNamed(session, "blue-2"), to: address("2001:db8:6::6"), protocol: "udp", port: session.internetPort } as const;
  const prediction = predict(session.world, flow)!;
  const evidence = await evidenceOf(session, property("EX-8"), { request: flow, prediction, story: "" });
  expect(evidence.guilty?.layer).toBe("control plane");
  expect(evidence.guilty?.because).toContain(
    "it comes to host-v6, but the answer ends in node-1/gateway: route unreachable 2a02:1802:5e:1000::/52 dev lo",
  );
  expect(ends(evidence)).toMatchObject({ tables: "node-1/gateway (its answer)", wire: "node-1/gateway (its answer)" });
});

it("a rule that lets through what it should not: the control plane, with that rule", async () => {
  const session = await open("isolation-left-out");
  const broken = await firstBroken(session, "EX-10", "private or link-local");
  const evidence = await evidenceOf(session, property("EX-10"), broken);
  expect(evidence.guilty?.layer).toBe("control plane");
  expect(evidence.guilty?.because).toMatch(
    /it comes into node-1\/net-\w+-1: node-1\/gateway lets it pass by farmlab\/forward: iifname "to-\*" ip saddr 10\.0\.0\.0\/8 accept/,
  );
});

it("a link that loses everything: the data plane, at that link, inside the tunnel's own packets", async () => {
  const wired = `${original}\nconditions:\n  - { link: "node-2:eth0", delay-ms: 1 }\n`;
  const session = await open(undefined, wired);
  const { lab } = session;
  const fault: Fault = { kind: "cut", link: "node-2:eth0", from: "node-2" };
  const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };
  const flow = { from: partyNamed(session, "blue-2"), to: address("198.51.100.4"), protocol: "tcp", port: session.internetPort } as const;
  const prediction = predict(session.world, flow)!;
  const { value: evidence } = await withFaults({ seed: 1, faults: [{ atMs: 0, fault }] }, faultContext(lab, clock), async ({ allDone }) => {
    await allDone;
    return await evidenceOf(session, property("EX-9"), { request: flow, prediction, story: "" });
  });
  expect(evidence.guilty?.layer).toBe("data plane");
  expect(evidence.guilty?.because).toContain("last seen leaving node-2 by node-2:eth0, and never at lan-a:");
  expect(ends(evidence)).toMatchObject({ oracle: "host-v4", tables: "host-v4", wire: "node-2" });
});

it("an oracle that is wrong: the oracle; and what does not repeat: the harness; what the flow used is covered", async () => {
  const session = await open();
  const coverage = await watchCoverage(session);
  const flow = { from: partyNamed(session, "blue-1"), to: address("198.51.100.4"), protocol: "udp", port: session.internetPort } as const;
  const prediction = predict(session.world, flow)!;
  if (!prediction.delivered) throw new Error("the oracle has it delivered");
  const wrong = { ...prediction, sourceSeen: address("10.26.188.2") };
  const blamed = await evidenceOf(session, property("EX-9"), { request: flow, prediction: wrong, story: "" });
  expect(blamed.guilty).toEqual({
    layer: "oracle",
    because:
      "asked again, it says: delivered to internet host host-v4 with source 185.69.166.123 (EX-9: a workload reaches the IPv4 internet through the BAR with GWPubIP4 as its source)",
  });
  const right = await evidenceOf(session, property("EX-9"), { request: flow, prediction, story: "" });
  expect(right.guilty).toMatchObject({ layer: "harness", because: expect.stringContaining("the failure does not repeat") as unknown });
  expect(ends(right)).toEqual({ oracle: "host-v4", tables: "host-v4", kernel: "host-v4", wire: "host-v4" });

  expect(right.views.find(({ view }) => view === "tables")?.says).toContain("node-1 is as planned");
  const tables = await readLabTables(session.lab);
  const differences = session.farm.nodes.map(async ({ name }) => await differencesFromPlan(session, tables, name));
  expect((await Promise.all(differences)).flat()).toEqual([]);
  const refused = await session.send({
    from: partyNamed(session, "host-v4"),
    to: address("185.69.166.200"),
    protocol: "udp",
    port: 5354,
    timeoutMs: 300,
  });
  expect(refused.answer.kind).toBe("timeout");
  const drops = coverage.recentDrops();
  // Empty where this host does not tell of drops.
  if (drops.length > 0)
    expect(dropsText(drops, [refused.token ?? "none"], 0n)).toMatch(/^the kernel threw away of these packets: in node-\d\S*: /);
  const { covered, known } = await coverage.observe();
  // By the kernel's own reason, or by its counters where this host gives none.
  expect(covered.some((key) => key.startsWith("drop:gateway/"))).toBe(true);
  for (const key of [
    "route:gateway/0.0.0.0/0 dev pub-*",
    "rule:gateway/farmlab/forward: iifname to-* ip saddr 10.0.0.0/8 accept",
    "rule:gateway/farmlab/source-nat: oifname pub-* ip saddr 10.0.0.0/8 snat ip to ADDRESS fully-random",
  ])
    expect(covered).toContain(key);
  const spared = "rule:gateway/farmlab/forward: iifname to-* oifname to-* meta nfproto ipv4 drop";
  expect([covered.includes(spared), known.includes(spared)]).toEqual([false, true]);
  expect(covered.filter((key) => !key.startsWith("drop:") && !known.includes(key))).toEqual([]);
});

/** What the tables of a farm in order say of flows against what the oracle does, a line each. */
async function walkedOtherwise(session: OpenSession["session"], isAsked: (flow: Flow) => boolean = () => true): Promise<string[]> {
  const { world } = session;
  const flows = [...world.workloads, ...world.internetHosts].flatMap((from): Flow[] => [
    ...world.workloads.filter((to) => to !== from).flatMap((to) => [...flowsTo(from, to.ipv4, to.services), ...flowsTo(from, to.ipv6, [])]),
    ...world.internetHosts.flatMap(({ ipv4, ipv6 }) =>
      [ipv4, ipv6].flatMap((to): Flow[] => (to === undefined ? [] : [{ from, to, protocol: "icmp" }])),
    ),
    ...world.networks.flatMap(({ network }) =>
      network.portForwards.map(({ address: to, protocol, port }): Flow => ({ from, to, protocol, port })),
    ),
    { from, to: address("2a02:1802:5e:1fff::2"), protocol: "udp", port: 80 },
  ]);
  const predicted = flows.flatMap((request) => {
    const prediction = isAsked(request) ? predict(world, request) : undefined;
    return prediction === undefined ? [] : [{ request, prediction, story: "" }];
  });
  const tables = await readLabTables(session.lab);
  const chosen = seededRandom(session.seed, "walked").shuffle(predicted).slice(0, flowsWalked);
  const contradictions: string[] = [];
  for (const broken of chosen) {
    const { found } = await walkFlow(session, tables, broken, 29_000);
    const said = contradiction(expectedOf(session, broken), found, tables);
    if (said !== undefined) contradictions.push(`${flowText(broken.request)}: ${said}`);
  }
  return contradictions;
}

it("walks flows of a farm that is in order as the oracle says, there and back, and sends nothing for it", async () => {
  expect(await walkedOtherwise(await open())).toEqual([]);
});

it("walks them through VXLANs of either family and over a segment, too", async () => {
  const session = await open(undefined, overlays);
  const isCarried = ({ from }: Flow): boolean => from.kind === "workload" && !from.network.startsWith("green");
  expect(await walkedOtherwise(session, isCarried)).toEqual([]);
});

it("a VXLAN that forwards to another node: the control plane, with the entry, the node that gets the frame and the plan", async () => {
  const session = await open("vxlan-forwards-to-another", overlays);
  const [from, to] = [partyNamed(session, "cyan-2"), partyNamed(session, "cyan-3")];
  const flow = { from, to: to.ipv4!, protocol: "udp", port: 53 } as const;
  const evidence = await evidenceOf(session, property("EX-7"), { request: flow, prediction: predict(session.world, flow)!, story: "" });
  expect(evidence.guilty?.layer).toBe("control plane");
  expect(evidence.guilty?.because).toMatch(
    /it ends in node-1\/net-1c01-1: vx-1c01-1 takes no frame for [0-9a-f:]{17}: by the forwarding table of vx-1c02-1 in node-2\/net-1c02-1 frames for [0-9a-f:]{17} go to 2a02:1802:5e::3/,
  );
  expect(evidence.guilty?.because).toMatch(
    /not as planned: .*node-2\/net-1c02-1: fdb replace [0-9a-f:]{17} dev vx-1c02-1 dst 2a02:1802:5e::7/,
  );
  // What was sent was not seen any more once it had gone into the VXLAN.
  const seen = { kernel: "node-2/net-1c02-1", wire: "node-2/net-1c02-1" };
  expect(ends(evidence)).toEqual({ oracle: "node-3/w-1c03-2", tables: "node-1/net-1c01-1", ...seen });
});

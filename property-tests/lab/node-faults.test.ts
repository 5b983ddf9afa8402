/** Faults of nodes of a farm: it is as it was, by every law, whichever node started again; and agents do without the right time. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { healing, stepsOf } from "../../core/farm/index.ts";
import { withFaults } from "../../emulator/faults/index.ts";
import { probeHost } from "../../emulator/host/index.ts";
import type { Property } from "../laws/index.ts";
import { addressOf } from "../oracle/index.ts";
import { isSilent } from "../laws/silent.ts";
import { judgeFarm } from "../run/judge.ts";
import type { OpenSession } from "../run/open-session.ts";
import { selectProperties } from "../run/select.ts";
import { openFarm } from "./open-farm.fixture.ts";

const waitMs = 20_000;
let open: OpenSession;
let present: ReadonlySet<string>;

beforeAll(async () => {
  const { capabilities } = await probeHost();
  present = new Set(capabilities.flatMap((one) => (one.present ? [one.capability] : [])));
  open = await openFarm("exit-node");
});

afterAll(async () => {
  await open?.close();
});

/** Every property with a verdict other than passed. */
async function notPassed(wanted: (property: Property) => boolean = () => true): Promise<string[]> {
  const results = await judgeFarm(open.session, selectProperties([]).filter(wanted), {
    signal: new AbortController().signal,
    capabilities: present,
    onEvent: () => undefined,
  });
  expect(results.length).toBeGreaterThan(20);
  return results
    .filter(({ verdict, why }) => verdict !== "passed" && !isSilent(why))
    .map(({ property, verdict, why }) => `${verdict}: ${property}: ${why ?? ""}`);
}

/** Not what is in it: in scenario runs an agent would make the same keys again. */
const keyFileOf = (node: string): Promise<string> => open.session.read({ node }, ["stat", "-c", "%i %z", "/var/lib/farmlab/keys.json"]);
const namespacesOf = async (node: string): Promise<string> => (await open.session.read({ node }, ["ls", "/run/netns"])).trim();

describe("a farm is by every law as it was when a node has started again", () => {
  it.each([
    ["a hidden node", "node-2"],
    ["the exit node, with its gateway", "node-1"],
  ])("%s, which keeps its keys and makes the rest anew", async (_, node) => {
    const keys = await keyFileOf(node);
    const namespaces = await namespacesOf(node);
    expect(namespaces).not.toBe("");
    await open.session.rebootNode(node);
    expect(await keyFileOf(node)).toBe(keys);
    expect(await namespacesOf(node)).toBe(namespaces);
    expect(await notPassed()).toEqual([]);
  });

  it.each([
    ["a segment", "prefix-zero"],
    ["the upstream router, with FRR", "upstream"],
    ["a home router, with its translations", "home-a"],
    ["the store's host", "grid"],
  ])("%s", async (_, node) => {
    await open.session.rebootNode(node);
    // Those that start agents again say nothing of other nodes.
    expect(await notPassed(({ alone }) => alone !== true)).toEqual([]);
  });
});

describe("a segment that is off in the middle of traffic", () => {
  it("passes nothing, and everything again when it is on", async () => {
    const { session } = open;
    const from = session.world.internetHosts.find(({ name }) => name === "host-v6");
    const to = session.world.workloads.map((workload) => addressOf(workload, 6)).find((address) => address !== undefined);
    if (from === undefined || to === undefined) throw new Error("the farm has nobody to send to");
    const answer = async (timeoutMs: number): Promise<string> =>
      (await session.send({ from, to, protocol: "icmp", timeoutMs })).answer.kind;
    const segment = session.lab.node("prefix-zero");
    expect(await answer(waitMs)).toBe("reply");
    await segment.powerOff();
    for (let packet = 0; packet < 5; packet += 1) expect(await answer(100)).not.toBe("reply");
    await segment.powerOn();
    await expect.poll(() => answer(500), { timeout: waitMs }).toBe("reply");
    for (let packet = 0; packet < 5; packet += 1) expect(await answer(waitMs)).toBe("reply");
  });
});

describe("an agent whose clock is wrong", () => {
  const yearMs = 365 * 86_400_000;
  /** When, by its own clock, the agent of node-2 has written last. */
  const lastWordMs = async (): Promise<number> => {
    const line = await open.session.read({ node: "node-2" }, ["tail", "-n", "1", "/var/log/farmlab/agent.log"]);
    return Date.parse((JSON.parse(line) as { at: string }).at);
  };
  const setRight = async (): Promise<void> => {
    await open.session.lab.node("node-2").services.kill("agent", "SIGKILL");
    await expect.poll(async () => Math.abs((await lastWordMs()) - Date.now()), { timeout: waitMs }).toBeLessThan(yearMs / 2);
  };

  it.each([
    ["a year ahead, and thrice as fast", yearMs, 3],
    ["a year behind, and half as fast", -yearMs, 0.5],
  ])("%s, keeps its node as it is by every law", async (_, aheadMs, rate) => {
    const { lab } = open.session;
    const schedule = { seed: 1, faults: [{ atMs: 0, fault: { kind: "agent-clock", node: "node-2", aheadMs, rate } as const }] };
    const clock = { nowMs: () => performance.now(), pause: async (ms: number) => void (await pause(ms)) };
    await withFaults(schedule, { lab, wire: undefined, clock, rules: { stepsOf, healing } }, async ({ allDone }) => {
      await allDone;
      await open.session.restartAgents();
      const wrongMs = await lastWordMs();
      expect(Math.sign(wrongMs - Date.now())).toBe(Math.sign(aheadMs));
      expect(Math.abs(wrongMs - Date.now())).toBeGreaterThan(yearMs / 2);
      expect(await notPassed(({ alone }) => alone !== true)).toEqual([]);
    });
    await setRight();
  });
});

/** The scenario runner on real labs: what is used again decides nothing, and whatever breaks under it is a verdict. */
import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import type { Property, PropertyOutcome } from "../laws/index.ts";
import { mutants } from "../mutants/index.ts";
import { createScenarioRunner, scenarioOf, selectProperties } from "../run/index.ts";
import type { Scenario, ScenarioRun, ScenarioRunner, ScenarioRunnerOptions } from "../run/index.ts";
import type { Session } from "../run/index.ts";
import { notAsBefore, stateOfFarm } from "../run/farm-state.ts";
import type { FarmState } from "../run/farm-state.ts";
import type { LateLooks } from "../run/scenario-runner.ts";

const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const whole: FarmFile = expectValue(loadFarm(readFileSync(file, "utf8"), file)).document;
const { red, ...othersThanRed } = whole.networks ?? {};
const withoutRed: FarmFile = { ...whole, networks: othersThanRed };

const scenario = (document: FarmFile): Scenario => expectValue(scenarioOf(document, 42, file));
let runner: ScenarioRunner;
const open = (options: Partial<ScenarioRunnerOptions> = {}): void => {
  runner = createScenarioRunner({ backend: "netns", jobs: 1, signal: new AbortController().signal, ...options });
};
afterEach(async () => await runner.close());

const property = (run: (session: Session) => Promise<PropertyOutcome>): Property => ({
  law: "EX-7",
  name: "EX-7 a property of the test's own",
  needs: [],
  run,
});
const outcome = (verdict: "passed" | "failed"): PropertyOutcome => ({
  verdict,
  runs: 1,
  why: verdict === "failed" ? "a story" : null,
  figures: [],
});
const judged = ({ laws }: ScenarioRun): unknown => laws.map((law) => ({ ...law, durationMs: 0 }));

it("judges in a lab that others had before as in a fresh one", async () => {
  expect(red).toBeDefined();
  const properties = selectProperties(["EX-7", "EX-9", "EX-10", "EX-20"]);
  open({ lateLooks: { most: 3, onRevised: () => expect.fail("nothing was left") } });
  const first = await runner.run(scenario(whole), properties);
  const second = await runner.run(scenario(withoutRed), properties);
  const third = await runner.run(scenario(whole), properties);
  expect([first.lab, second.lab, third.lab]).toEqual(["cold", "warm", "warm"]);
  expect([first.verdict, second.verdict, third.verdict]).toEqual(["passed", "passed", "passed"]);
  expect(judged(third)).toEqual(judged(first));
  await runner.close();
  open({ reuse: false });
  expect(judged(await runner.run(scenario(withoutRed), properties))).toEqual(judged(second));
});

it("uses no lab again in which a network has left something behind, and says what", async () => {
  const patches = mutants.find(({ id }) => id === "reserved-ports-stay")?.patches ?? [];
  const leftovers: string[] = [];
  open({ patches, onLeftovers: (_, left) => void leftovers.push(...left) });
  const nothing = [property(async () => await Promise.resolve(outcome("passed")))];
  const runs = [await runner.run(scenario(whole), nothing), await runner.run(scenario(withoutRed), nothing)];
  expect(runs.map(({ lab }) => lab)).toEqual(["cold", "cold"]);
  expect(leftovers.filter((line) => !line.includes("reserved port"))).toEqual([]);
  expect(leftovers).toContain("node-1 has setting in public: reserved port 6844 left of networks that are gone");
});

it("judges again, in fresh labs, what was judged after others in a lab that turns out to be not as it was", async () => {
  const patches = mutants.find(({ id }) => id === "reserved-ports-stay")?.patches ?? [];
  const leftovers: string[] = [];
  const revised: unknown[] = [];
  const onRevised: LateLooks["onRevised"] = ({ seed }, { lab, verdict }) => void revised.push({ seed, lab, verdict });
  open({ patches, lateLooks: { most: 3, onRevised }, onLeftovers: (_, left) => void leftovers.push(...left) });
  const used = new Map<string, number[]>();
  const passesWhereFresh = property(async ({ lab, seed }) => {
    const others = used.get(lab.name) ?? [];
    used.set(lab.name, [...others, seed]);
    return await Promise.resolve(outcome(others.length === 0 || seed === 2 ? "passed" : "failed"));
  });
  const first = await runner.run({ ...scenario(whole), seed: 1 }, [passesWhereFresh]);
  const second = await runner.run({ ...scenario(withoutRed), seed: 2 }, [passesWhereFresh]);
  const third = await runner.run({ ...scenario(whole), seed: 3 }, [passesWhereFresh]);
  expect([first, second, third].map(({ lab, verdict }) => `${lab} ${verdict}`)).toEqual(["cold passed", "warm passed", "warm flaky"]);
  expect(third.laws[0]?.why).toContain("in a lab that other scenarios had been judged in, and never in a fresh one");
  await runner.close();
  expect(leftovers).toContain("node-1 has setting in public: reserved port 6844 left of networks that are gone");
  // The first one found the lab clean, the third one has been judged again already.
  expect(revised).toEqual([{ seed: 2, lab: "cold", verdict: "passed" }]);
  expect([...used.values()].toSorted()).toEqual([[1, 2, 3], [2], [3]]);
});

it("judges nothing again where a lab that several had is as it was", async () => {
  const revised: number[] = [];
  const seen: FarmState[] = [];
  open({ lateLooks: { most: 3, onRevised: ({ seed }) => void revised.push(seed) } });
  const looking = [
    property(async (session) => {
      seen.push(await stateOfFarm(session, { flows: false }));
      return outcome("passed");
    }),
  ];
  const [red1, withoutRed1, red2] = [
    await runner.run(scenario(whole), looking),
    await runner.run(scenario(withoutRed), looking),
    await runner.run(scenario(whole), looking),
  ];
  expect([red1.lab, withoutRed1.lab, red2.lab]).toEqual(["cold", "warm", "warm"]);
  await runner.close();
  expect(revised).toEqual([]);
  // From one scenario straight to the next, nodes are what they are when it is the first.
  const [first, , third] = seen;
  expect(first === undefined || third === undefined ? undefined : notAsBefore(first, third)).toEqual([]);
});

it("knows nothing where a lab or the oracle breaks under it, and goes on", async () => {
  open();
  const ended = await runner.run(scenario(whole), [
    property(async ({ lab }) => {
      await lab.down();
      return outcome("failed");
    }),
  ]);
  expect(ended).toMatchObject({ verdict: "unknown", laws: [{ why: "the lab ended while it was judged\na story" }] });
  const noExitPoint = scenario(whole);
  const farm = { ...noExitPoint.farm, networks: noExitPoint.farm.networks.map((network) => ({ ...network, resources: [] })) };
  const passing = [property(async () => await Promise.resolve(outcome("passed")))];
  const confused = await runner.run({ ...noExitPoint, farm }, passing);
  expect(confused.verdict).toBe("unknown");
  expect(confused.laws[0]?.why).toContain("the oracle needs the exit point");
  expect(await runner.run(scenario(whole), passing)).toMatchObject({ verdict: "passed" });
});

it("tells flaky from failing by judging again in fresh labs", async () => {
  const labs = new Set<string>();
  open({ repeats: 2 });
  const notAlways = property(async ({ lab }) => {
    labs.add(lab.name);
    return await Promise.resolve(outcome(labs.size === 2 ? "passed" : "failed"));
  });
  expect(await runner.run(scenario(withoutRed), [notAlways])).toMatchObject({
    verdict: "flaky",
    laws: [{ repeats: { broken: 2, of: 3 }, why: "broken 2 of 3 times with the same seed\na story" }],
  });
  expect(labs.size).toBe(3);
});

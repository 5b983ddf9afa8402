/** A failure that hangs on chance: of a link that loses some packets, the one is found whose loss shows it, and is lost again in a replay. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { ConditionEntry } from "../../core/farm/index.ts";
import { outcomeOf } from "../laws/index.ts";
import type { Property } from "../laws/index.ts";
import { makeCapsule, replay } from "../replay/index.ts";
import { reduced } from "../replay/counterexample.ts";
import { createScenarioRunner, scenarioOf } from "../run/index.ts";
import type { Scenario } from "../run/index.ts";

/** A reduction takes some thirty labs. */
const reductionWaitMs = 480_000;
const probes = 12;
const silenceMs = 400;
const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;

/** Every one of several probes that a workload sends to an internet host, one after the other; of IPv6, where no NAT picks ports at random. */
const everyProbe: Property = {
  law: "EX-8",
  name: "EX-8 every single probe to the IPv6 internet is answered",
  needs: [],
  async run(session) {
    const { world, internetPort: port } = session;
    const to = world.internetHosts.find(({ ipv6, name }) => ipv6 !== undefined && name === "host-v6")?.ipv6;
    const [from] = world.workloads;
    if (from === undefined || to === undefined) return outcomeOf(0, []);
    const stories: string[] = [];
    for (let count = 1; count <= probes; count += 1) {
      const { answer } = await session.send({ from, to, protocol: "udp", port, timeoutMs: silenceMs });
      if (answer.kind !== "reply") stories.push(`probe ${count} was not answered`);
    }
    return outcomeOf(probes, stories);
  },
};

const runner = createScenarioRunner({ backend: "netns", signal: new AbortController().signal, jobs: 2, reuse: false });

function farmWith(condition: ConditionEntry): Scenario {
  const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
  return expectValue(scenarioOf({ ...document, conditions: [condition] }, 11, file));
}

it(
  "XC-3 a link that loses some packets is reduced to the one whose loss breaks the law, which a replay loses again",
  { timeout: reductionWaitMs },
  async () => {
    const scenario = farmWith({ link: "host-v6:wan", "loss-percent": 15 });
    const { laws, evidence, happened } = await runner.run(scenario, [everyProbe]);
    const [result] = laws;
    expect(result).toMatchObject({ verdict: "failed" });
    expect(happened?.decisions.length).toBeGreaterThan(1);

    const broken = { scenario, property: everyProbe, result: result!, evidence };
    const kept = await reduced(broken, runner, { parallel: 2, emulations: 50 });
    expect(kept.reduction).toMatchObject({ end: "minimal", firing: { fired: 5, of: 5 }, to: { conditions: 1, packets: 1 } });
    const [condition] = kept.document.conditions ?? [];
    expect(condition).toEqual({ link: "host-v6:wan", edits: [{ flow: expect.stringMatching(/^udp .*7007/), index: 1, action: "drop" }] });
    const capsule = makeCapsule(
      kept,
      {
        versions: { farmlab: "test", commit: null, sources: "test", node: process.version, kernel: "test", image: null },
        host: { choices: {}, capabilities: [] },
        backend: "netns",
      },
      "farmlab replay x",
    );
    const [edit] = condition?.edits ?? [];
    expect(capsule.happened).toEqual([{ atMs: null, what: expect.stringContaining(`condition 1 drops packet 1 of ${edit?.flow}, from `) }]);

    const smallest = expectValue(scenarioOf(kept.document, scenario.seed, file));
    expect(await replay({ capsule, scenario: smallest, property: everyProbe }, runner, 1)).toMatchObject({
      outcome: "fires",
      runs: 1,
      story: kept.result.why,
    });
    const { conditions: _, ...whole } = kept.document;
    const healed = expectValue(scenarioOf(whole, scenario.seed, file));
    expect((await replay({ capsule, scenario: healed, property: everyProbe }, runner, 1)).outcome).toBe("gone");
  },
);

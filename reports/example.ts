/** A result with every verdict, for the reporters' tests. */
import type { RunResult } from "./result.ts";

export const exampleResult: RunResult = {
  schema: "farmlab.run/1",
  seed: 42,
  farmlab: "0.1.0",
  commit: null,
  host: { choices: { wireguard: "wireguard-go" } },
  results: [
    {
      farm: "exit-node",
      backend: "netns",
      laws: [
        {
          law: "EX-8",
          property: "EX-8 keeps the workload's own IPv6 address",
          verdict: "passed",
          runs: 12,
          needs: [],
          why: null,
          figures: [{ name: "slowest answer", value: 3.5, unit: "ms", bound: 300 }],
        },
        {
          law: "EX-10",
          property: "EX-10 keeps networks apart",
          verdict: "failed",
          runs: 40,
          needs: [],
          why: 'tcp from red-1 to 10.26.188.2:80 was answered by "blue-1" <blue> & seen\nexpected: never delivered\u0007',
          figures: [],
        },
        { law: "EX-20", property: "EX-20 peers", verdict: "unknown", runs: 0, needs: [], why: "the prober ended", figures: [] },
      ],
      coverage: { flows: 52, workloads: 5 },
    },
    {
      farm: "bonded",
      backend: "netns",
      laws: [
        { law: "ZI-11", property: "ZI-11 bond", verdict: "skipped", runs: 0, needs: ["bonding"], why: null, figures: [] },
        {
          law: "EX-9",
          property: "EX-9 forwards",
          verdict: "skipped",
          runs: 0,
          needs: [],
          why: "this farm has no port forward",
          figures: [],
        },
      ],
      coverage: {},
    },
  ],
  counterexamples: [{ law: "EX-10", capsule: null, reproduce: "farmlab run topologies/exit-node.farm.yml --law EX-10 --seed 42", size: 1 }],
  durationMs: 2345,
};

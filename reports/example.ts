/** A result with every verdict and every key that a result may have, for the reporters' tests. */
import type { RunResult } from "./result.ts";

export const exampleResult: RunResult = {
  schema: "farmlab.run/1",
  seed: 42,
  begun: "2026-01-02T03:04:05.678Z",
  farmlab: "0.1.0",
  commit: "0123456789abcdef0123456789abcdef01234567",
  host: { choices: { wireguard: "wireguard-go" } },
  results: [
    {
      farm: "exit-node",
      file: "topologies/exit-node.farm.yml",
      backend: "netns",
      laws: [
        {
          law: "EX-8",
          property: "EX-8 keeps the workload's own IPv6 address",
          verdict: "passed",
          runs: 12,
          needs: [],
          why: null,
          figures: [{ name: "slowest answer", value: 3.5, unit: "ms", bound: 300, better: "lower", spread: 0.4 }],
          durationMs: 1234,
        },
        {
          law: "EX-10",
          property: "EX-10 keeps networks apart",
          verdict: "failed",
          runs: 40,
          needs: [],
          why: 'tcp from red-1 to 10.26.188.2:80 was answered by "blue-1" <blue> & seen\nexpected: never delivered\u0007',
          figures: [],
          evidence: [
            "guilty: control plane\u001b[31m, the tables differ from what the oracle needs\n  oracle  ends at the BAR\n  tables  handed to <blue>",
          ],
          durationMs: 2001,
        },
        {
          law: "EX-11",
          property: "EX-11 answers unreachable",
          verdict: "flaky",
          runs: 9,
          needs: [],
          why: "no answer within 300 ms, 100% of the time: 1, 2, 3",
          figures: [],
          repeats: { broken: 2, of: 4 },
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
  counterexamples: [
    {
      law: "EX-10",
      farm: "exit-node",
      capsule: "found/ex-10.capsule.json",
      reproduce: "farmlab replay found/ex-10.capsule.json",
      size: 1,
    },
    { law: "EX-11", capsule: null, reproduce: "farmlab run topologies/exit-node.farm.yml --law EX-11 --seed 42", size: 1 },
  ],
  search: {
    modelled: 20_000,
    emulated: 80,
    unguided: 59,
    unguidedFailed: 0,
    excludes: 0.0495,
    covered: { layout: { count: 2, known: 3 }, route: { count: 1, known: null } },
    keys: ["layout:carrier", "layout:hidden", "route:unreachable"],
    exhausted: ["no graph of up to 5 nodes is a counterexample"],
  },
  baseline: {
    worse: [{ what: "EX-10 keeps networks apart, on exit-node (netns)", before: "passed", now: "failed" }],
    better: [{ what: "slowest answer of EX-8 keeps the workload's own IPv6 address, on exit-node (netns)", before: "9 ms", now: "3.5 ms" }],
  },
  durationMs: 2345,
};

/** A process of its own, whose memory is that of a full farm: from the farm file's document to every node's plan. */
import { judgeDocument } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { expectedFacts, planNode } from "../../core/plan/index.ts";
import { fullFarm, largeFarm } from "../../topologies/index.ts";
import { processorMs } from "../processor-times.ts";

/** What it finds; times are processor milliseconds. */
export interface FullFarmFound {
  readonly intentsMs: number;
  readonly plansMs: number;
  readonly resources: number;
  readonly routes: number;
  /** The most that was resident, kilobytes. */
  readonly residentKilobytes: number;
}

const judged = judgeDocument(largeFarm("full", fullFarm));
const wrong = judged?.findings.find(({ severity }) => severity === "error");
if (judged === undefined || wrong !== undefined) throw new Error(`the full farm is none: ${wrong?.message ?? "its shape"}`);
let outcome = intentsOf({ ...judged.farm, networks: [] });
const intentsMs = processorMs(() => void (outcome = intentsOf(judged.farm)));
if (!outcome.ok) throw new Error(outcome.problems[0]?.message);
const intents = outcome.value;
let routes = 0;
const plansMs = processorMs(() => {
  const facts = expectedFacts(intents);
  for (const { name } of intents.nodes) {
    for (const namespace of planNode(name, intents, facts).namespaces) routes += namespace.routes.length;
  }
});
const resources = intents.networks.reduce((sum, network) => sum + network.resources.length, 0);
const found: FullFarmFound = { intentsMs, plansMs, resources, routes, residentKilobytes: process.resourceUsage().maxRSS };
process.send?.(found, undefined, undefined, () => process.disconnect());

/** All rules of the farm file, over one farm. */
import type { FarmFile } from "../document.ts";
import type { Farm } from "../farm.ts";
import { allocationChoiceRules, allocationRules } from "./allocations.ts";
import { conditionRules } from "./conditions.ts";
import { changeRules } from "./changes.ts";
import { expectationRules } from "./expectations.ts";
import { faultRules } from "./faults.ts";
import { nodeRules } from "./exit-nodes.ts";
import { internetRules } from "./internet.ts";
import { nameRules } from "./names.ts";
import { networkRules } from "./networks.ts";
import { overlayRules } from "./overlays.ts";
import { partnerRules } from "./partners.ts";
import { routeRules } from "./routes.ts";
import type { Finding, Rule } from "./rule.ts";
import { routerRules } from "./routers.ts";
import { segmentRules } from "./segments.ts";
import { standbyRules } from "./standbys.ts";
import { workloadRules } from "./workloads.ts";

const rules: readonly Rule[] = [
  nameRules,
  allocationRules,
  allocationChoiceRules,
  internetRules,
  ...segmentRules,
  ...routerRules,
  ...nodeRules,
  ...standbyRules,
  ...partnerRules,
  routeRules,
  ...networkRules,
  ...overlayRules,
  ...workloadRules,
  ...conditionRules,
  ...faultRules,
  ...changeRules,
  ...expectationRules,
];

/** Everything that any rule finds, unsorted. */
export function judge(farm: Farm, file: FarmFile): readonly Finding[] {
  return rules.flatMap((rule) => rule(farm, file));
}

/** What of the laws is of derivation, allocator and findings alone, judged on the data of the farm that runs and on what it could become. */
import { derivationProperties } from "./ex-01-derivation.ts";
import { nameProperties } from "./ex-02-names.ts";
import { allocationProperties } from "./ex-03-allocations.ts";
import { exitNodeProperties } from "./ex-04-exit-nodes.ts";
import { historyProperties } from "./ex-05-history.ts";
import { prefixProperties } from "./ex-05-prefixes.ts";
import { configurationProperties } from "./ex-06-configuration.ts";
import { collisionProperties } from "./ex-21-collisions.ts";
import { exitPointProperties } from "./ex-25-exit-points.ts";
import { requirementProperties } from "./ex-24-requirements.ts";
import { scalePureProperties } from "./ex-19-scale.ts";
import type { PureProperty } from "./law.ts";

export const pureProperties: readonly PureProperty[] = [
  ...derivationProperties,
  ...nameProperties,
  ...allocationProperties,
  ...exitNodeProperties,
  ...prefixProperties,
  ...historyProperties,
  ...configurationProperties,
  ...collisionProperties,
  ...requirementProperties,
  ...exitPointProperties,
  ...scalePureProperties,
];

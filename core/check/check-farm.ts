/** All findings of a loaded farm. */
import { sortProblems } from "../common/index.ts";
import type { Problem } from "../common/index.ts";
import type { Farm, Finding, LoadedFarm } from "../farm/index.ts";
import { capacityFindings } from "./capacity.ts";
import { expectationFindings } from "./expectations.ts";
import type { FarmCheck } from "./finding.ts";
import { networkFindings } from "./networks.ts";
import { reachabilityFindings } from "./reachability.ts";
import { upstreamFindings } from "./upstream.ts";

const checks: readonly FarmCheck[] = [upstreamFindings, capacityFindings, reachabilityFindings, networkFindings, expectationFindings];

/** Warnings and advice on a farm by path, unsorted. */
export const findingsOf = (farm: Farm): readonly Finding[] => checks.flatMap((check) => check(farm));

/** Warnings and advice on a farm, sorted by place; those that loading gave already are not repeated. */
export function checkFarm(loaded: LoadedFarm): readonly Problem[] {
  return sortProblems(
    findingsOf(loaded.farm).map(({ severity, code, path, atKey, message, hint }) => {
      const place = atKey === true ? loaded.places.ofKey(path) : loaded.places.of(path);
      return { severity, code, message, hint, place };
    }),
  );
}

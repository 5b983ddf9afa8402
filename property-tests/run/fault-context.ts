/** What faults need to be carried out in a lab. */
import type { Clock } from "../../core/common/index.ts";
import { healing, stepsOf } from "../../core/farm/index.ts";
import type { FaultContext } from "../../emulator/faults/index.ts";
import type { Lab } from "../../emulator/lab.ts";
import { wireOfLab } from "../../emulator/wire/index.ts";

/** Times count on the clock given. */
export function faultContext(lab: Lab, clock: Clock): FaultContext {
  return { lab, wire: wireOfLab(lab), clock, rules: { stepsOf, healing } };
}

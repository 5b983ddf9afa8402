/**
 * The conformance suite: small labs with packets that every backend passes, so that a scenario means the same on each. A list of cases,
 * which know no test runner; `lab/` runs them on every backend that this machine has.
 */
import { captureCases } from "./captures.ts";
import type { ConformanceCase } from "./case.ts";
import { dataplaneCases } from "./dataplane.ts";
import { insideCases } from "./inside.ts";
import { labCases } from "./labs.ts";
import { linkCases } from "./links.ts";
import { nodeFaultCases } from "./node-faults.ts";
import { packetFaultCases } from "./packet-faults.ts";
import { powerCases } from "./power.ts";
import { programCases } from "./programs.ts";

export type { CaseContext, ConformanceCase, Sketch } from "./case.ts";

export const conformanceCases: readonly ConformanceCase[] = [
  ...linkCases,
  ...insideCases,
  ...programCases,
  ...dataplaneCases,
  ...powerCases,
  ...captureCases,
  ...packetFaultCases,
  ...nodeFaultCases,
  ...labCases,
];

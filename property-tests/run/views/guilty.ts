/** Names the layer at which the views part for the first time. */
import type { Evidence } from "../evidence.ts";
import { contradiction, outcomeText, sameOutcome, type Expected, type Found } from "./outcome.ts";
import type { LabTables } from "./tables/lab-tables.ts";

export interface Opinions {
  readonly expected: Expected;
  /** Why what the oracle said cannot stand. */
  readonly oracleFault: string | undefined;
  readonly tables: Found | undefined;
  /** Where the kernel gave the packet up, and why, in a line. */
  readonly kernel: { readonly at: string; readonly says: string } | undefined;
  readonly wire: Found | undefined;
  /** Whether the law was broken by the second sending too, by what the prober said; undefined where only the wire can tell. */
  readonly failsAgain: boolean | undefined;
  readonly answer: string;
  /** Whether the nodes on the way are as planned, in a sentence. */
  readonly plan?: string | undefined;
  /** Whose tables the places' addresses are looked up in. */
  readonly lab: LabTables;
}

/** The oracle, then what the nodes were told, then what they did, then who looked. */
export function guiltyLayer({ expected, oracleFault, tables, kernel, wire, failsAgain, answer, lab, plan }: Opinions): Evidence["guilty"] {
  if (oracleFault !== undefined) return { layer: "oracle", because: oracleFault };
  const told = tables === undefined ? undefined : contradiction(expected, tables, lab);
  const seen = wire === undefined ? undefined : contradiction(expected, wire, lab);
  if (seen === undefined && failsAgain !== true) {
    const now = told === undefined ? "" : `, though by the tables ${told}`;
    return { layer: "harness", because: `sent once more, it does what the law wants${now}: the failure does not repeat` };
  }
  if (told !== undefined) {
    const agree = tables !== undefined && wire !== undefined && sameOutcome(tables.outcome, wire.outcome);
    const rest = agree ? "; kernel and wire do as the tables say" : "";
    return { layer: "control plane", because: `by what stands in the tables ${told}${rest}${plan === undefined ? "" : `; ${plan}`}` };
  }
  if (tables === undefined) return null;
  if (seen !== undefined && wire !== undefined) {
    const kernelSays = kernel === undefined ? "" : ` (${kernel.says})`;
    const where = kernel === undefined ? outcomeText(wire.outcome) : `it ends in ${kernel.at}${kernelSays}`;
    return { layer: "data plane", because: `the tables are right, but ${seen === outcomeText(wire.outcome) ? where : seen}` };
  }
  if (wire === undefined) return { layer: "harness", because: `the packet was never seen: ${answer}` };
  return { layer: "harness", because: `the wire shows what the law wants, but the prober says: ${answer}` };
}

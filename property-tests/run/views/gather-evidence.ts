/** The first broken flow of each property, kept until all are judged, and then looked at one by one: captures show one flow at a time. */
import type { BrokenFlow, Property } from "../../laws/law.ts";
import type { Evidence } from "../evidence.ts";
import type { Session } from "../session.ts";
import { evidenceOf } from "./evidence-of.ts";

/** Of one farm: each takes seconds, and what breaks one law often breaks others. */
export const evidencesMax = 3;

/** Properties are judged side by side; EX-9 goes before EX-10. */
const inNumbers = new Intl.Collator("en", { numeric: true });

export interface EvidenceGatherer {
  /** Called while a property's farm is judged. */
  onBroken(property: Property, broken: readonly BrokenFlow[]): void;
  /** Once all are judged, and while the lab is up. Never rejects, but when interrupted. */
  gather(session: Session, signal: AbortSignal): Promise<Evidence[]>;
}

export function evidenceGatherer(): EvidenceGatherer {
  const waiting: { readonly property: Property; readonly broken: BrokenFlow }[] = [];
  return {
    onBroken(property, [broken]) {
      if (broken !== undefined) waiting.push({ property, broken });
    },
    async gather(session, signal) {
      const gathered: Evidence[] = [];
      const inOrder = waiting.splice(0).toSorted((one, other) => inNumbers.compare(one.property.name, other.property.name));
      for (const { property, broken } of inOrder.slice(0, evidencesMax)) {
        signal.throwIfAborted();
        gathered.push(await evidenceOf(session, property, broken));
      }
      return gathered;
    },
  };
}

/** The seeded faults. Each `find` occurs exactly once in its file: a patch that does not fit is refused, and a test says which. */
import { allocationMutants } from "./catalogue/allocation.ts";
import { allocatorMutants } from "./catalogue/allocator.ts";
import { derivationMutants } from "./catalogue/derivation.ts";
import { joiningMutants } from "./catalogue/joining.ts";
import { knowledgeMutants } from "./catalogue/knowledge.ts";
import { meshMutants } from "./catalogue/mesh.ts";
import { nodeMutants } from "./catalogue/node.ts";
import { overlayMutants } from "./catalogue/overlays.ts";
import { partnerMutants } from "./catalogue/partners.ts";
import { portMutants } from "./catalogue/ports.ts";
import { removalMutants } from "./catalogue/removal.ts";
import { requirementMutants } from "./catalogue/requirements.ts";
import { routeMutants } from "./catalogue/routes.ts";
import { ruleMutants } from "./catalogue/rules.ts";
import { sizeMutants } from "./catalogue/sizes.ts";
import { standbyMutants } from "./catalogue/standby.ts";
import { scaleMutants } from "./catalogue/scale.ts";
import { surroundingsMutants } from "./catalogue/surroundings.ts";
import { tableMutants } from "./catalogue/tables.ts";
import { upstreamMutants } from "./catalogue/upstream.ts";
import type { Mutant } from "./mutant.ts";

export const mutants: readonly Mutant[] = [
  ...derivationMutants,
  ...allocationMutants,
  ...allocatorMutants,
  ...meshMutants,
  ...overlayMutants,
  ...routeMutants,
  ...tableMutants,
  ...ruleMutants,
  ...portMutants,
  ...nodeMutants,
  ...knowledgeMutants,
  ...joiningMutants,
  ...removalMutants,
  ...standbyMutants,
  ...partnerMutants,
  ...scaleMutants,
  ...surroundingsMutants,
  ...upstreamMutants,
  ...sizeMutants,
  ...requirementMutants,
];

/** Undefined where none has the id. */
export function mutantNamed(id: string): Mutant | undefined {
  return mutants.find((mutant) => mutant.id === id);
}

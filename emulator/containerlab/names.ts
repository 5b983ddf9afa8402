/** Names of labs and nodes as container engines take them; a lab's is also that of its folder. */
import { LabError } from "../lab-error.ts";
import type { Topology } from "../topology/index.ts";

const allowed = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** A host name's, which a node's name becomes. */
const nodeBytesMax = 63;
const labBytesMax = 80;
const how = "letters, digits, and behind the first also _ . -";

export const isLabName = (name: string): boolean => allowed.test(name) && name.length <= labBytesMax;

/** Throws a LabError for a name that no container can have. */
export function checkNames(lab: string, { nodes }: Topology): void {
  if (!isLabName(lab))
    throw new LabError("lab-name", `a lab's name has at most ${labBytesMax} characters: ${how}; not ${JSON.stringify(lab)}`);
  const wrong = nodes.find(({ name }) => !allowed.test(name) || name.length > nodeBytesMax);
  if (wrong !== undefined)
    throw new LabError("node-name", `a node's name has at most ${nodeBytesMax} characters: ${how}; not ${JSON.stringify(wrong.name)}`);
}

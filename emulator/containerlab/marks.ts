/** How what belongs to a lab is marked in the engine: cleaning up touches what bears these marks, and nothing else. */

/** Label of containers: the lab's name. */
export const labMark = "farmlab.lab";
/** Label of containers: id of the user whose lab it is; names are claimed per user. */
export const userMark = "farmlab.user";
/** Label of images: hash of the node image's recipe. */
export const imageMark = "farmlab.image";
/** containerlab's label of a container: the node's name. */
export const nodeLabel = "clab-node-name";
/** What names of containers begin with. */
export const namePrefix = "farmlab";

export const userId = (): number => process.getuid?.() ?? 0;

/** What a lab's holder holds, of whichever backend; see emulator/native/holder.h. */
export const lockOf = (lab: string): string => `lab/${userId()}/${lab}`;

/** Labels of every container of a lab. */
export function marksOf(lab: string): Readonly<Record<string, string>> {
  return { [labMark]: lab, [userMark]: String(userId()) };
}

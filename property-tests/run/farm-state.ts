/** The state of all nodes of a farm, and what became of it, in words. */
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Session } from "./session.ts";
import { lineText, passing, stateDifference, stateOfNode } from "./node-state.ts";
import type { StateLine } from "./node-state.ts";

/** Everything that each node has, by its name. */
export type FarmState = ReadonlyMap<string, readonly StateLine[]>;

/** Throws where a node cannot be looked at. */
export async function stateOfFarm({ farm, lab }: Pick<Session, "farm" | "lab">, options: { readonly flows: boolean }): Promise<FarmState> {
  const states = emulatedNodes(farm).map(async ({ name }) => [name, await stateOfNode(lab.node(name), options)] as const);
  return new Map(await Promise.all(states));
}

/** What the nodes lack and have that was otherwise before, of all that does not come and go with packets. */
export function notAsBefore(before: FarmState, after: FarmState): string[] {
  return [...after].flatMap(([node, lines]) => {
    const { gone, added } = stateDifference(before.get(node) ?? [], lines);
    return [
      ...gone.map((line) => `${node} lacks ${lineText(line)}`),
      ...added.map((line) => `${node} has what was not there, ${lineText(line)}`),
    ];
  });
}

/** How many things there are that do not come and go with packets. */
export const lastingCount = (state: FarmState): number => [...state.values()].flat().filter(({ kind }) => !passing.has(kind)).length;

/** EX-17, of which so far: an agent that finds its node as it should be changes nothing. */
import type { Session } from "../run/session.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

/** An agent that starts anew knows nothing of what its predecessor left: it looks at all of it. */
async function nothingToDo(session: Session): Promise<PropertyOutcome> {
  await session.restartAgents();
  const statuses = session.farm.nodes.map(({ name }) => {
    const status = session.statuses.get(name);
    if (status === undefined) throw new HarnessError(`the agent of ${name} says nothing after its restart`);
    return status;
  });
  const stories = statuses
    .filter(({ changes }) => changes > 0)
    .map(
      ({ node, changes }) =>
        `the agent of ${node}, started anew, changed ${changes} things; expected: 0, as they were right (EX-17: applying the same state again runs no command that changes state)`,
    );
  return outcomeOf(statuses.length, stories);
}

export const driftProperties: readonly Property[] = [
  {
    law: "EX-17",
    name: "EX-17 an agent that starts anew finds its node right and changes nothing",
    needs: needsTunnels,
    alone: true,
    run: nothingToDo,
  },
];

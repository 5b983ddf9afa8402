/** A farm's link conditions as rules of the wire. */
import { hash32 } from "../../core/common/index.ts";
import { plugName, plugsOf, type Farm } from "../../core/farm/index.ts";
import type { Direction, FirstRule } from "../../emulator/wire/index.ts";

/** Links are drawn from the plug to the hub: what is sent from the plug is direction 0. */
const directions = { up: 0, down: 1 } as const satisfies Record<string, Direction>;

/** One rule for each link, direction and condition, from the first frame on; of one seed each, so that overlapping ones decide apart. */
export function conditionRules(farm: Farm, seed: number): readonly FirstRule[] {
  const plugs = plugsOf(farm);
  return farm.conditions.flatMap(({ on, up, down, edits }, index) => {
    const links = on.kind === "link" ? [on.link] : plugs.filter(({ segment }) => segment === on.segment).map(plugName);
    const name = `condition-${index + 1}`;
    const own = hash32(`${name}:${seed}`);
    const byHand = edits === undefined ? {} : { edits };
    return links.flatMap((link) =>
      ([...(up === undefined ? [] : [["up", up] as const]), ...(down === undefined ? [] : [["down", down] as const])] as const).map(
        ([direction, conditions]): FirstRule => ({
          link,
          direction: directions[direction],
          name,
          rule: { seed: own, ...conditions, ...byHand },
        }),
      ),
    );
  });
}

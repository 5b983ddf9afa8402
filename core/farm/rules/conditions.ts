/** Link conditions: of links and segments that exist, once for each link and direction. */
import { nearestHint } from "../../common/reading/index.ts";
import { plugName, plugsOf } from "../plugs.ts";
import type { Rule } from "./rule.ts";
import { refuse, refuseKey, repeats } from "./rule.ts";

const placeExists: Rule = (farm) => {
  const links = plugsOf(farm).map(plugName);
  const segments = farm.segments.map(({ name }) => name);
  return farm.conditions.flatMap(({ on }, index) => {
    const [code, known, name] =
      on.kind === "link" ? (["unknown-link", links, on.link] as const) : (["unknown-segment", segments, on.segment] as const);
    if (known.includes(name)) return [];
    return [refuse(code, ["conditions", index, on.kind], `there is no ${on.kind} "${name}"`, nearestHint(name, known, `${on.kind}s`))];
  });
};

const once: Rule = (farm) => {
  const each = farm.conditions.flatMap(({ on, up, down }, index) =>
    [up === undefined ? [] : ["up"], down === undefined ? [] : ["down"]]
      .flat()
      .map((direction) => ({ index, direction, name: on.kind === "link" ? `link ${on.link}` : `segment ${on.segment}` })),
  );
  const twice = repeats(each, ({ direction, name }) => `${direction} ${name}`);
  return [...new Map(twice.map(({ entry }) => [entry.index, entry])).values()].map(({ index, name }) =>
    refuseKey(
      "duplicate-condition",
      ["conditions", index],
      `${name} has a condition already`,
      "one entry for each, or one for up and one for down",
    ),
  );
};

export const conditionRules: readonly Rule[] = [placeExists, once];

import { expect, it } from "vitest";
import { parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { combine, judgementOf } from "./flows.ts";
import { outcomeOf } from "./law.ts";
import type { BrokenFlow } from "./law.ts";

const to: Address = parseAddress("198.51.100.4")!;
const broken = (story: string): BrokenFlow => ({ request: { from: { node: "node-1" }, to, protocol: "icmp" }, story });

it("hands over the broken flows with their stories, in one order, when judgements are combined", () => {
  const judgement = combine(judgementOf(3, [broken("first"), broken("second")]), judgementOf(2, []), judgementOf(1, [broken("third")]));
  expect(judgement).toMatchObject({ runs: 6, stories: ["first", "second", "third"] });
  expect(judgement.broken.map(({ story }) => story)).toEqual(judgement.stories);
});

it("keeps at most as many broken flows as stories are told, and none where the law holds", () => {
  const many = judgementOf(9, ["a", "b", "c", "d", "e", "f", "g", "h"].map(broken));
  const failed = outcomeOf(many.runs, many.stories, { broken: many.broken });
  expect(failed.verdict).toBe("failed");
  expect(failed.broken?.map(({ story }) => story)).toEqual(failed.why?.split("\n").slice(0, 6));
  expect(outcomeOf(9, [], { broken: [] })).not.toHaveProperty("broken");
});

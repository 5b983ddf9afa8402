import { expect, it } from "vitest";
import { parseAddress, parsePrefix } from "../../../core/common/index.ts";
import { natPresets } from "../../../core/farm/index.ts";
import type { RouterForward } from "../../../core/farm/index.ts";
import { natRules } from "./ruleset.ts";

const side = { inner: parsePrefix("192.168.1.1/24")!, outer: parseAddress("203.0.113.7")! };
const forwards: readonly RouterForward[] = [{ protocol: "tcp", port: 8080, to: parseAddress("192.168.1.10")!, toPort: 80 }];

it.each([
  ["home", []],
  ["full-cone", forwards],
  ["per-address", []],
  ["symmetric", []],
] as const)("the rules of %s are those that a person has read", async (name, forwarded) => {
  await expect(natRules({ nat: natPresets[name], ...side, forwards: forwarded })).toMatchFileSnapshot(`golden/${name}.nft`);
});

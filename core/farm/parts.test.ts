import { describe, expect, it } from "vitest";
import { formatPrefix, parsePrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { judgeAllocation } from "./allocation.ts";
import { allocationOf, judgeResourcePrefix, subnetNumberOf, subnetOf } from "./parts.ts";

const prefix = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);
const allocation = prefix("2a02:1802:5e::/48");

describe("judgeAllocation", () => {
  it("proposes what may have been meant", () => {
    expect(judgeAllocation(prefix("2a02:1802:5e::/47")).map(({ hint }) => hint)).toEqual(["did you mean 2a02:1802:5e::/48?"]);
    expect(judgeAllocation(prefix("2a02:1802:5e:1abc::/48")).map(({ hint }) => hint)).toEqual(["did you mean 2a02:1802:5e::/48?"]);
  });
});

describe("judgeResourcePrefix", () => {
  it.each([
    ["2a02:1802:5e:1abc::/64", 1, undefined],
    ["2a02:1802:5e:1abc::/63", 1, "prefix-not-64"],
    ["2a02:1802:5e:1abc::1/64", 1, "prefix-host-bits"],
    ["2a02:1802:5f:1abc::/64", 1, "prefix-outside-allocation"],
    ["2a02:1802:5e::/64", 1, "prefix-in-prefix-zero"],
    ["2a02:1802:5e:fff::/64", 15, "prefix-in-prefix-zero"],
    ["2a02:1802:5e:2000::/64", 1, "prefix-outside-part"],
    ["2a02:1802:5e:feff::/64", 15, undefined],
    ["2a02:1802:5e:ff00::/64", 15, "prefix-reserved"],
    ["2a02:1802:5e:ffff::/64", 15, "prefix-reserved"],
  ])("says of %s behind exit node %i: %s", (text, exitNode, code) => {
    expect(judgeResourcePrefix(prefix(text), allocation, exitNode)?.code).toBe(code);
  });
});

describe("subnet numbers", () => {
  it("are bytes 6 and 7, both ways", () => {
    expect(subnetNumberOf(prefix("2a02:1802:5e:1abc::/64"))).toBe(0x1abc);
    expect(formatPrefix(subnetOf(allocation, 0x1abc))).toBe("2a02:1802:5e:1abc::/64");
    expect(formatPrefix(allocationOf(prefix("2a02:1802:5e:1abc::/64")))).toBe("2a02:1802:5e::/48");
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest, nearestHint } from "./nearest.ts";

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["nics", "nics", 0],
    ["nic", "nics", 1],
    ["nisc", "nics", 1],
    ["node", "mode", 1],
    ["upstreams", "upstream", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
  ])("of %s and %s is %i", (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance);
  });

  it("is the same both ways, and 0 for equal words only", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
        expect(editDistance(one, other)).toBe(editDistance(other, one));
        expect(editDistance(one, other) === 0).toBe(one === other);
      }),
    );
  });
});

describe("nearest", () => {
  const keys = ["segment", "ipv4", "ipv6", "gateway4", "exit-node", "port-forwards"];

  it.each([
    ["segmnet", "segment"],
    ["Segment", "segment"],
    ["exit_node", "exit-node"],
    ["portforwards", "port-forwards"],
    ["ip4", "ipv4"],
    ["colour", undefined],
    ["x".repeat(5000), undefined],
  ])("to %s is %s", (word, known) => {
    expect(nearest(word, keys)).toBe(known);
  });

  it("lists what there is where nothing is near", () => {
    expect(nearestHint("colour", keys, "keys here")).toBe("known keys here: segment, ipv4, ipv6, gateway4, exit-node, port-forwards");
    expect(nearestHint("colour", [], "segments")).toBe("there are no segments");
  });
});

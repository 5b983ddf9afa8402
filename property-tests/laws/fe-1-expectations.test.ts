import { describe, expect, it } from "vitest";
import { expectedFlows, expectationText } from "../oracle/index.ts";
import type { World } from "../oracle/index.ts";
import { farmNamed, worldOf } from "../run/world.fixture.ts";
import { identityOf } from "../run/traffic.ts";
import type { Answer } from "../run/session.ts";
import { judgeAsked } from "./fe-1-expectations.ts";

const world = worldOf(farmNamed("timeline"));
const told = (farm: World, place: number, answer: (who: string) => Answer): unknown[] => {
  const expectation = farm.farm.expectations[place]!;
  return expectedFlows(farm, expectation).map((one) => {
    const sent = { answer: answer(identityOf(one.asked)) };
    const asked = { ...one, expectation: expectationText(expectation), reachable: expectation.reachable, sent };
    const found = judgeAsked({ world: farm, identityOf }, asked);
    return found === undefined ? "as expected" : [found.story, found.broken?.prediction?.delivered ?? "never"];
  });
};
const silence = (): Answer => ({ kind: "timeout" });
const reply = (who: string): Answer => ({ kind: "reply", who, from: { family: 4, value: 1n } });

describe("FE-1 an expectation", () => {
  it("to reach holds by an answer of who was asked, and tells who or what was there instead", () => {
    expect(told(world, 1, reply)).toEqual(["as expected"]);
    expect(told(world, 1, () => reply("blue/blue-3"))).toEqual([
      [expect.stringContaining("it was answered by blue/blue-3 from 0.0.0.1; expected: answered by blue-2"), true],
    ]);
    expect(told(world, 1, silence)).toEqual([
      [
        "tcp from internet host host-v4 to 185.206.127.200 port 8080: no answer came; expected: answered by blue-2 (network blue, on attic) (FE-1: internet reaches blue/blue-2 tcp/80 on IPv4)",
        true,
      ],
    ]);
  });

  it("not to reach is broken by any answer, and proves nothing of a packet where the laws have it so", () => {
    expect(told(world, 4, silence)).toEqual(["as expected"]);
    expect(told(world, 4, () => reply("somebody"))).toEqual([[expect.stringContaining("expected: nobody answers at 10."), false]]);
  });

  it("that the laws rule out is told as such, and no packet of it is looked at again", () => {
    const [wrong] = farmNamed("timeline").expectations.filter(({ reachable }) => !reachable);
    const expectations = [
      { ...wrong!, reachable: true },
      { ...wrong!, family: 6 as const },
    ];
    const contrary = worldOf({ ...farmNamed("timeline"), expectations });
    expect(told(contrary, 0, silence)).toEqual([
      [
        expect.stringMatching(
          /\(FE-1: red\/red-1 reaches blue\/blue-1 on IPv4; EX-10 has it otherwise: networks never reach each other by private addresses\)$/,
        ),
        "never",
      ],
    ]);
    expect(told(contrary, 1, reply)).toEqual([
      [expect.stringContaining("does not reach blue/blue-1 on IPv6; EX-10 has it otherwise"), "never"],
    ]);
  });
});

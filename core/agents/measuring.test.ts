import { describe, expect, it } from "vitest";
import { firstFarm } from "../plan/first-farm.fixture.ts";
import type { NodeIntent } from "../intents/index.ts";
import { Measuring } from "./measuring.ts";
import type { Measured, MeasuredFamily } from "./reachability.ts";

const open: Measured = { ipv4: "public", ipv6: "public" };
const deaf6: Measured = { ipv4: "public", ipv6: "none" };

/** A node with public addresses of both families; one without. */
const [withPublic, without] = [true, false].map((has) => firstFarm.nodes.find((node) => (node.public !== undefined) === has));

/** What counts after each of these measurements, and what is said of it; the last one is repeated for ever. */
async function measured(
  intent: NodeIntent | undefined,
  results: readonly (Measured | Error)[],
  earlier: Measured | undefined,
  most: number,
  asked: readonly MeasuredFamily[] = ["ipv4", "ipv6"],
): Promise<{ readonly counted: (Measured | undefined)[]; readonly doubts: (string | undefined)[] }> {
  const counted: (Measured | undefined)[] = [];
  const doubts: (string | undefined)[] = [];
  const ended = Promise.withResolvers<void>();
  let times = 0;
  const measuring = new Measuring({
    asked,
    measure: () => {
      const result = results[Math.min(times, results.length - 1)] ?? open;
      times += 1;
      return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
    },
    // Who has seen enough waits for ever.
    clock: { nowMs: () => 0, pause: () => (counted.length < most ? Promise.resolve() : new Promise<void>(() => ended.resolve())) },
    random: () => 0,
    onResult: () => {
      counted.push(measuring.resultFor(intent, earlier));
      doubts.push(measuring.doubt);
    },
  });
  expect(measuring.resultFor(intent, earlier)).toEqual(earlier);
  measuring.start(intent);
  await Promise.race([ended.promise, new Promise((resolve) => setImmediate(resolve))]);
  return { counted, doubts };
}

const counting = async (...given: Parameters<typeof measured>): Promise<(Measured | undefined)[]> => (await measured(...given)).counted;

describe("what was measured of a node with public addresses", () => {
  it("counts once every family was heard, and is not measured again", async () => {
    expect(await counting(withPublic, [open, deaf6], undefined, 9)).toEqual([open]);
    expect(await counting(withPublic, [open, deaf6], deaf6, 9)).toEqual([open]);
  });

  it("takes nothing from what an earlier life knew while it looks too early", async () => {
    expect(await counting(withPublic, [deaf6, deaf6, open], open, 9)).toEqual([open, open, open]);
    expect(await counting(withPublic, [deaf6, new Error("no answer"), open], open, 9)).toEqual([open, open, open]);
  });

  it("counts where it is the same again and again", async () => {
    expect(await counting(withPublic, [deaf6], open, 7)).toEqual([open, open, open, open, open, deaf6, deaf6]);
  });

  it("counts at once where nobody knows better", async () => {
    expect(await counting(withPublic, [deaf6, open], undefined, 9)).toEqual([deaf6, open]);
  });

  it("is doubted until it is believed", async () => {
    const doubt = "measuring again how it is reached: nothing was heard over IPv6";
    expect((await measured(withPublic, [deaf6, open], undefined, 9)).doubts).toEqual([doubt, undefined]);
    expect((await measured(withPublic, [deaf6], undefined, 7)).doubts).toEqual([doubt, doubt, doubt, doubt, doubt, undefined, undefined]);
  });

  it("is not doubted for a family that cannot be measured", async () => {
    expect(await measured(withPublic, [deaf6], open, 9, ["ipv4"])).toEqual({ counted: [deaf6], doubts: [undefined] });
  });
});

it("a node without public addresses needs one family only", async () => {
  const hidden: Measured = { ipv4: "hidden", ipv6: "none" };
  expect(await counting(without, [hidden], { ipv4: "hidden", ipv6: "hidden" }, 9)).toEqual([hidden]);
  const nothing: Measured = { ipv4: "none", ipv6: "none" };
  expect(await counting(without, [nothing, hidden], hidden, 9)).toEqual([hidden, hidden]);
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lengthOf, longestOf, outagesOf, returnOf } from "./outages.ts";
import type { Probe } from "./outages.ts";

/** One probe each 100 ms: `+` is answered 5 ms later, `-` is lost. */
const probes = (fates: string): Probe[] =>
  Array.from(fates, (fate, index) => ({ sentMs: index * 100, ...(fate === "+" ? { answeredMs: index * 100 + 5 } : {}) }));

const outages = (fates: string, leastLost?: number): (number | null)[][] =>
  outagesOf(probes(fates), leastLost).map(({ fromMs, untilMs }) => [fromMs, untilMs]);

describe("outagesOf", () => {
  it("goes from the first loss to the next answer", () => {
    expect(outages("++--+-+")).toEqual([
      [200, 405],
      [500, 605],
    ]);
    expect(outages("++++")).toEqual([]);
    expect(outages("")).toEqual([]);
  });

  it("has no end where nothing is answered any more", () => {
    expect(outages("-+--")).toEqual([
      [0, 105],
      [200, null],
    ]);
  });

  it("leaves out rows that are too short to mean anything", () => {
    expect(outages("+--+---+--", 3)).toEqual([[400, 705]]);
  });

  it("holds every lost probe and no answer before its end, of any probes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("+", "-") }), (fates) => {
        const found = outagesOf(probes(fates));
        for (const { sentMs, answeredMs } of probes(fates)) {
          const within = found.filter(({ fromMs, untilMs }) => sentMs >= fromMs && (untilMs === null || sentMs + 5 < untilMs));
          expect(within).toHaveLength(answeredMs === undefined ? 1 : 0);
        }
      }),
    );
  });
});

describe("longestOf", () => {
  it("takes an outage without an end for longer than any other", () => {
    expect(longestOf(outagesOf(probes("+----+-+--+")))).toEqual({ fromMs: 100, untilMs: 505 });
    const open = longestOf(outagesOf(probes("+----+-")));
    expect(open && lengthOf(open)).toBeNull();
    expect(longestOf([])).toBeUndefined();
  });
});

describe("returnOf", () => {
  const of = (fates: string, repairedMs?: number): string => returnOf(outagesOf(probes(fates)), repairedMs);

  it("tells what came back by itself from what had to wait for the repair, and from what never came", () => {
    expect(of("+--+++", 400)).toBe("alone");
    expect(of("+--+++")).toBe("alone");
    expect(of("+-----+", 400)).toBe("repaired");
    expect(of("+-+---+", 400)).toBe("repaired");
    expect(of("+--+--", 400)).toBe("never");
    expect(of("+--+--")).toBe("never");
  });

  it("does not take what the repair itself disturbs for something that waited for it", () => {
    expect(of("++++--+", 400)).toBe("alone");
  });
});

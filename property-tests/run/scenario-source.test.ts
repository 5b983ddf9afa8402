import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { generatedSource, variationsSource } from "./scenario-source.ts";
import type { ScenarioSource } from "./scenario-source.ts";

const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
const positions = [0, 1, 2, 3, 4, 5, 6, 7];

/** Draws a source's scenarios, and has each show what no other has. */
function drawnOf(source: ScenarioSource): string[] {
  return positions.map((position) => {
    const drawn = source.draw(position);
    const coverage = [`drop:gateway/reason-${position}`];
    if (drawn?.proposal === undefined) source.search?.met(coverage);
    else source.search?.learn(drawn.proposal, { coverage, failed: false });
    return `${drawn?.arm} ${drawn?.scenario.seed} ${drawn?.scenario.text}`;
  });
}

function alone(source: ScenarioSource, wanted: number): string {
  for (let position = 0; position < wanted; position += 1) source.skip(position);
  const drawn = source.draw(wanted);
  return `${drawn?.arm} ${drawn?.scenario.seed} ${drawn?.scenario.text}`;
}

describe("scenarios around a farm", () => {
  const timelines = Array.from({ length: 4 }, (_, seed) => drawnOf(variationsSource(document, file, seed))).flat();

  it("have something happen to them, and as often as not nothing where statistics are drawn from", () => {
    const eventful = (text: string): boolean => text.includes("timeline:");
    const unguided = timelines.filter((text) => text.startsWith("unguided "));
    expect(unguided.filter(eventful).length).toBeGreaterThan(2);
    expect(unguided.filter((text) => !eventful(text)).length).toBeGreaterThan(2);
    expect(timelines.filter((text) => text.startsWith("given ")).some(eventful)).toBe(false);
  });
});

describe.each([
  ["whole farms", (): ScenarioSource => generatedSource("generated", 5)],
  ["other networks in a farm", (): ScenarioSource => variationsSource(document, file, 5)],
])("scenarios, %s", (_, source) => {
  it("are the same by position, whatever was drawn and shown before, but for every fourth, which follows that", () => {
    const drawn = drawnOf(source());
    for (const position of positions.filter((one) => one % 4 !== 3)) expect(alone(source(), position)).toBe(drawn[position]);
    expect(drawn.map((text) => text.startsWith("followed "))).toEqual(positions.map((position) => position % 4 === 3));
  });

  it("are what their text says", () => {
    const one = source();
    for (const position of positions) {
      const { farm, document: own, text = "" } = one.draw(position)?.scenario ?? {};
      const read = expectValue(loadFarm(text, "text"));
      expect({ farm, own }).toEqual({ farm: read.farm, own: read.document });
    }
  });

  it("are drawn without a look at coverage as often as not", () => {
    expect(drawnOf(source()).filter((text) => text.startsWith("unguided ")).length).toBeGreaterThanOrEqual(3);
  });
});

/** XC-4 in labs: the first farm changed by each relation has, law by law, the verdicts that it has as it is; and an agent that goes by names is found. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { expectValue } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import type { FarmFile } from "../../../core/farm/index.ts";
import type { SourcePatch } from "../../../emulator/image/index.ts";
import { presentCapabilities, probeHost } from "../../../emulator/host/index.ts";
import type { LawResult } from "../../../reports/index.ts";
import { runFarms, scenarioOf, selectProperties } from "../../run/index.ts";
import { isSilent } from "../../laws/silent.ts";
import { judgeFarm } from "../../run/judge.ts";
import { openSession } from "../../run/open-session.ts";
import { relations } from "../index.ts";

const file = new URL("../../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
const seed = 42;

const changed = relations.flatMap((relation) => {
  const applied = relation.apply(document, seed);
  return "document" in applied && applied.rejoins === undefined ? [{ name: relation.name, document: applied.document }] : [];
});

const verdictOf = (laws: readonly LawResult[]): Record<string, string> =>
  Object.fromEntries(laws.map(({ property, verdict, why }) => [property, verdict === "passed" ? verdict : `${verdict}: ${why ?? ""}`]));

/** The verdict of every property on each of the farms, two labs at a time. */
async function verdictsOf(
  documents: readonly FarmFile[],
  laws: readonly string[],
  patches: readonly SourcePatch[] = [],
): Promise<Record<string, string>[]> {
  const result = await runFarms(
    documents.map((one) => expectValue(scenarioOf(one, seed, "changed.farm.yml"))),
    {
      properties: selectProperties(laws),
      ...{ seed, backend: "netns", jobs: 2, patches, version: "test" },
      signal: new AbortController().signal,
      onEvent: () => undefined,
    },
  );
  return result.results.map((one) =>
    Object.fromEntries(
      one.laws.map(({ property, verdict, why }) => [property, verdict === "passed" ? verdict : `${verdict}: ${why ?? ""}`]),
    ),
  );
}

/** All laws on each of the farms. */
const judgedWaitMs = 600_000;

describe("XC-4 the verdicts of all laws are as before", () => {
  let usual: Record<string, string>;
  let after: Record<string, string>[];

  beforeAll(async () => {
    [usual = {}, ...after] = await verdictsOf([document, ...changed.map((one) => one.document)], []);
  }, judgedWaitMs);

  it("there are verdicts to compare", () => {
    expect(Object.values(usual).filter((verdict) => verdict === "passed").length).toBeGreaterThan(20);
  });

  it.each(changed.map(({ name }, index) => ({ name, index })))("after $name", ({ index }) => {
    expect(after[index]).toEqual(usual);
  });
});

it("XC-4 after removing and restoring a network, in the lab itself", async () => {
  const scenario = expectValue(scenarioOf(document, seed, "rejoining.farm.yml"));
  const [rejoining] = relations.flatMap((relation) => {
    const applied = relation.apply(document, seed);
    return "document" in applied && applied.rejoins !== undefined ? [applied.rejoins] : [];
  });
  const { signal } = new AbortController();
  const open = await openSession({ ...scenario, backend: "netns", patches: [], signal, onStep: () => undefined });
  try {
    const { session } = open;
    const judge = async (): Promise<Record<string, string>> => {
      const capabilities = presentCapabilities(await probeHost());
      const properties = selectProperties(["EX-7", "EX-8", "EX-9", "EX-10", "EX-11", "EX-20"]);
      return verdictOf(await judgeFarm(session, properties, { signal, capabilities, onEvent: () => undefined }));
    };
    const usual = await judge();
    await session.changeIntents({ ...session.wishes, networks: session.wishes.networks.filter(({ name }) => name !== rejoining) });
    await session.changeIntents(session.wishes);
    expect(await judge()).toEqual(usual);
  } finally {
    await open.close();
  }
});

it("XC-4 an agent that takes nodes by their names for strangers is found, which every law passes on the farm as it is", async () => {
  const byName: SourcePatch = {
    file: "core/plan/peers.ts",
    find: "const publicKey = publicKeyOf(peer, texts, theirs);",
    replace: 'const publicKey = peer.node.startsWith("node") ? publicKeyOf(peer, texts, theirs) : undefined;',
  };
  const renamed = changed.find(({ name }) => name.startsWith("renaming"))?.document;
  if (renamed === undefined) throw new Error("there is no renamed farm");
  const [usual, after] = await verdictsOf([document, renamed], ["EX-20"], [byName]);
  const isTold = (verdict: string): boolean => verdict !== "passed" && !isSilent(verdict.replace(/^skipped: /, ""));
  expect(Object.values(usual ?? {}).filter(isTold)).toEqual([]);
  expect(Object.values(after ?? {}).some((verdict) => verdict.startsWith("failed"))).toBe(true);
});

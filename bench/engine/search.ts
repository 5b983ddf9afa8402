/** How many emulations a guided search needs to find planted faults, and how many farms drawn unguided. */
import { rmSync, mkdtempSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expectValue, formatAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { expectedFacts, planNode } from "../../core/plan/index.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import { createSearch } from "../../property-tests/search/index.ts";
import type { Search } from "../../property-tests/search/index.ts";
import { scenarioOf } from "../../property-tests/run/index.ts";
import { median } from "../figures.ts";
import type { BenchFigure } from "../figures.ts";
import { plantedFaults } from "./planted-faults.ts";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const seeds = [1, 2, 3];
/** An arm that has not found all by then has given up: it counts as having found the rest at the end. */
const mostEmulations = 200;

interface PlanRoom {
  readonly planNode: typeof planNode;
  readonly expectedFacts: typeof expectedFacts;
}

/** The room `core/plan` with one place of its sources, or of those it rests on, replaced. Throws where the patch does not fit. */
async function patchedPlan({ file, find, replace }: SourcePatch, folder: string, name: string): Promise<PlanRoom> {
  const { build } = await import("esbuild");
  let applied = false;
  const bundle = await build({
    entryPoints: [join(projectRoot, "core/plan/index.ts")],
    ...{ bundle: true, write: false, platform: "node", format: "esm", logLevel: "silent", packages: "bundle" },
    plugins: [
      {
        name: "planted fault",
        setup(hooks) {
          hooks.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (relative(projectRoot, path) !== file) return undefined;
            const source = readFileSync(path, "utf8");
            if (source.split(find).length !== 2) throw new Error(`${file} does not read ${JSON.stringify(find)} once`);
            applied = true;
            return { contents: source.replace(find, () => replace), loader: "ts" };
          });
        },
      },
    ],
  });
  const [output] = bundle.outputFiles ?? [];
  if (!applied || output === undefined) throw new Error(`the plan is not made of ${file}`);
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, output.contents);
  return (await import(pathToFileURL(path).href)) as PlanRoom;
}

const plain = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "family" in value && "value" in value ? formatAddress(value as Address) : value;

/** The plans of all nodes as text; of a planner that throws, that. */
function plansText(room: PlanRoom, intents: Intents): string {
  try {
    const facts = room.expectedFacts(intents);
    return intents.nodes.map(({ name }) => JSON.stringify(room.planNode(name, intents, facts), plain)).join("\n");
  } catch (error) {
    return `throws ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Emulations until each fault showed; `mostEmulations` for one that did not. */
function emulationsToShow(search: Search, faults: readonly PlanRoom[]): number[] {
  const shown = faults.map(() => mostEmulations);
  for (let count = 1; count <= mostEmulations && shown.includes(mostEmulations); count += 1) {
    const proposal = search.next();
    const { intents } = expectValue(scenarioOf(proposal.document, proposal.seed, "search"));
    const right = plansText({ planNode, expectedFacts }, intents);
    for (const [position, fault] of faults.entries()) {
      if (shown[position] === mostEmulations && plansText(fault, intents) !== right) shown[position] = count;
    }
    search.learn(proposal, { coverage: proposal.predicted, failed: false });
  }
  return shown;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/**
 * Finds all planted faults with each arm, for some seeds, and says of each fault after how many. A proposal counts as an emulation; none is
 * emulated, the plans alone tell.
 */
export async function searchFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  const folder = mkdtempSync(join(tmpdir(), "farmlab-bench-search-"));
  try {
    const faults = await Promise.all(
      plantedFaults.map(async ({ patch }, position) => await patchedPlan(patch, folder, `fault-${position}`)),
    );
    const measured = seeds.map((seed) => {
      say(`search, seed ${seed} of ${seeds.length}`);
      return {
        guided: emulationsToShow(createSearch({ seed, unguidedShare: 0 }), faults),
        unguided: emulationsToShow(createSearch({ seed, unguidedShare: 1 }), faults),
      };
    });
    const all = (arm: "guided" | "unguided"): number => median(measured.map((one) => Math.max(...one[arm])));
    const each = (arm: "guided" | "unguided"): number => median(measured.map((one) => sum(one[arm]) / faults.length));
    const gain = median(measured.map(({ guided, unguided }) => Math.max(...guided) / Math.max(...unguided)));
    const figure = (name: string, value: number, target: number | null = null): BenchFigure => ({ name, value, unit: "", target });
    for (const [position, { id }] of plantedFaults.entries()) {
      const of = (arm: "guided" | "unguided"): string => measured.map((one) => String(one[arm][position])).join(", ");
      say(`${id}: guided ${of("guided")}; unguided ${of("unguided")}`);
    }
    return [
      figure("planted faults", faults.length),
      figure("guided emulations until all have shown, median", all("guided")),
      figure("unguided emulations until all have shown, median", all("unguided")),
      // As what is within a target is below it: five times fewer.
      figure("guided for one unguided, median of seeds", gain, 0.2),
      figure("guided emulations until one has shown, mean", each("guided")),
      figure("unguided emulations until one has shown, mean", each("unguided")),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * `npm run mutate -- --count 20 --seed 1`: changes core/ at random, one line at a time, and tells which law finds each change. What is no
 * behaviour that a law speaks of is redrawn, and told with its reason. Writes a record, and goes on where one of the same seed was ended;
 * exit 1 where a change is not found.
 */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { drawChanges } from "./draw.ts";
import type { Drawn } from "./draw.ts";
import { followUp } from "./follow-up.ts";
import type { FollowedUp } from "./follow-up.ts";
import { tryChange } from "./try-change.ts";
import type { Outcome } from "./try-change.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface Entry {
  /** Of the sources that were changed. */
  readonly commit: string;
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly before: string;
  readonly after: string;
  readonly outcome: Outcome;
  readonly emulations: number;
  /** Null where nothing was found, or with `--reduce 0`. */
  readonly reduced: FollowedUp["reduced"];
  readonly replayed: FollowedUp["replayed"];
}

export interface MutationRecord {
  readonly schema: "farmlab.mutations/1";
  readonly seed: number;
  readonly host: { readonly cores: number; readonly node: string };
  /** By laws; `refused` and `stopped` are noticed without one; what is in none of the three was not noticed. */
  readonly found: number;
  readonly refused: number;
  readonly stopped: number;
  readonly entries: readonly Entry[];
  /** Drawn and not counted: nothing that a law speaks of, with the reason, or what does not start. */
  readonly redrawn: readonly { readonly file: string; readonly line: number; readonly after: string; readonly reason: string }[];
}

const isDone = ({ reduced, replayed }: Entry): boolean => reduced !== null && reduced.to !== reduced.from && replayed?.outcome === "fires";

/**
 * What an earlier run has kept, of this seed: what it found, made smaller and replayed is not tried again. Undefined for a file that holds
 * something else, which is not to be written over.
 */
function keptEntries(file: string | undefined, seed: number): readonly Entry[] | undefined {
  if (file === undefined || !existsSync(file)) return [];
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as Partial<MutationRecord> | null;
    return record?.schema === "farmlab.mutations/1" && record.seed === seed ? (record.entries ?? []).filter(isDone) : undefined;
  } catch {
    return undefined;
  }
}

const nothingFollowed: FollowedUp = { reduced: null, replayed: null };

const told = ({ file, line, operator, after, outcome }: Entry): string => {
  const how =
    outcome.kind === "found"
      ? `found by ${outcome.laws.join(", ")} on ${outcome.farm}`
      : `${outcome.kind}${"why" in outcome ? `: ${outcome.why}` : ""}`;
  return `${file}:${line}  ${operator}\n    ${after === "" ? "(line left out)" : after}\n    ${how}`;
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "20" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "2" },
      farm: { type: "string", multiple: true, default: ["exit-node", "three-exit-nodes"] },
      reduce: { type: "string", default: "180" },
      output: { type: "string" },
    },
  });
  const [count, seed, jobs, reduceSeconds] = [values.count, values.seed, values.jobs, values.reduce].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  if (![count, seed, jobs, reduceSeconds].every((number) => Number.isInteger(number) && number >= 0) || count === 0 || jobs === 0) {
    process.stderr.write("--count and --jobs are whole numbers above 0, --seed and --reduce (seconds) whole numbers\n");
    return 2;
  }
  const kept = keptEntries(values.output, seed);
  if (kept === undefined) {
    process.stderr.write(`${values.output ?? ""} is no record of seed ${seed}: name another file, or take it away\n`);
    return 2;
  }
  const ending = new AbortController();
  process.once("SIGINT", () => ending.abort(new Error("interrupted")));
  const farms = values.farm.map((name) => `${root}topologies/${name}.farm.yml`);
  const commit = execFileSync("git", ["-C", root, "rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  const drawing = drawChanges(root, seed);
  const redrawn: MutationRecord["redrawn"][number][] = [];
  /** In the order of drawing, so that how fast each is has no influence on which are taken. */
  const entries = new Map<number, Entry>();
  let drawn = 0;
  const next = (): { readonly index: number; readonly change: Drawn } | undefined => {
    for (;;) {
      const { value: change, done } = drawing.next();
      if (done === true) return undefined;
      if (change.excepted === undefined) return { index: drawn++, change };
      redrawn.push({ file: change.file, line: change.line, after: change.after, reason: change.excepted });
    }
  };
  const recordOf = (): MutationRecord => {
    const first = [...entries]
      .toSorted(([one], [other]) => one - other)
      .map(([, entry]) => entry)
      .slice(0, count);
    const host = { cores: availableParallelism(), node: process.version };
    const ofKind = (kind: Outcome["kind"]): number => first.filter(({ outcome }) => outcome.kind === kind).length;
    const counts = { found: ofKind("found"), refused: ofKind("refused"), stopped: ofKind("stopped") };
    return { schema: "farmlab.mutations/1", seed, host, ...counts, entries: first, redrawn };
  };
  const recordText = (): string => `${JSON.stringify(recordOf(), undefined, 2)}\n`;
  const worker = async (): Promise<void> => {
    while (entries.size < count) {
      const taken = next();
      if (taken === undefined) return;
      const { index, change } = taken;
      const known = kept.find((one) => one.file === change.file && one.line === change.line && one.after === change.after);
      if (known !== undefined) {
        entries.set(index, known);
        continue;
      }
      const { outcome, emulations } = await tryChange(change, { seed, farms, signal: ending.signal });
      const { file, line, operator, before, after } = change;
      if (outcome.kind === "does not start") {
        redrawn.push({ file, line, after, reason: `it does not start: ${outcome.why.split("\n")[0] ?? ""}` });
        continue;
      }
      const further =
        outcome.kind === "found" && reduceSeconds > 0
          ? await followUp(change.patch, {
              ...{
                seed,
                commit,
                signal: ending.signal,
                budgetMs: reduceSeconds * 1000,
                law: outcome.laws[0] ?? "",
                property: outcome.property,
              },
              file: `${root}topologies/${outcome.farm}`,
            })
          : nothingFollowed;
      const entry: Entry = { commit, file, line, operator, before, after, outcome, emulations, ...further };
      entries.set(index, entry);
      // As it grows: who interrupts it keeps what was found until then.
      if (values.output !== undefined) writeFileSync(values.output, recordText());
      process.stderr.write(`${entries.size}: ${told(entry)}\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  const { found, refused, stopped, entries: all } = recordOf();
  if (values.output === undefined) process.stdout.write(recordText());
  process.stderr.write(`of ${all.length} changes ${found} found by laws, ${refused} refused, ${stopped} stopped\n`);
  return found + refused + stopped === all.length ? 0 : 1;
}

const interrupted = 130;

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof Error) || error.message !== "interrupted") throw error;
  process.stderr.write("interrupted; the labs are gone\n");
  process.exit(interrupted);
}

/** Draws one-line changes of core/ at random: a line first, so that long lines count no more than short ones, then one of its changes. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../../core/common/index.ts";
import type { SourcePatch } from "../../../emulator/image/index.ts";
import { exceptionOf } from "./exceptions.ts";
import { changesOf } from "./operators.ts";
import type { Change, Operator } from "./operators.ts";

/** The rooms of the system under test. */
export const mutatedRooms: readonly string[] = ["derive", "plan", "allocate", "apply", "agents", "intents", "store"];

export interface Drawn {
  readonly file: string;
  readonly line: number;
  readonly operator: Operator;
  readonly before: string;
  readonly after: string;
  readonly patch: SourcePatch;
  /** Why no law speaks of it; absent where one should. */
  readonly excepted?: string;
}

interface Line {
  readonly file: string;
  readonly changes: readonly Change[];
}

/** A patch whose text occurs once in the file: the changed place with as many whole lines around it as that takes. */
export function patchOf(file: string, source: string, { start, end, replacement }: Change): SourcePatch {
  let from = source.lastIndexOf("\n", start - 1) + 1;
  let to = source.indexOf("\n", end);
  if (to < 0) to = source.length;
  while (source.split(source.slice(from, to)).length !== 2) {
    from = from < 2 ? 0 : source.lastIndexOf("\n", from - 2) + 1;
    const next = source.indexOf("\n", to + 1);
    to = next < 0 ? source.length : next;
  }
  return { file, find: source.slice(from, to), replace: source.slice(from, start) + replacement + source.slice(end, to) };
}

/** `root` ends with a slash. Endless: whoever draws says when it is enough. */
export function* drawChanges(root: string, seed: number): Generator<Drawn> {
  const files = mutatedRooms
    .flatMap((room) => globSync(join("core", room, "**/*.ts"), { cwd: root }))
    .filter((file) => !/\.(test|fixture)\.ts$/.test(file))
    .toSorted();
  const sources = new Map(files.map((file) => [file, readFileSync(root + file, "utf8")]));
  const lines = [...sources].flatMap(([file, source]): Line[] => {
    const byLine = Map.groupBy(changesOf(source), ({ line }) => line);
    return [...byLine.values()].map((changes) => ({ file, changes }));
  });
  const random = seededRandom(seed, "automatic mutation");
  const drawn = new Set<string>();
  while (drawn.size < lines.length) {
    const { file, changes } = random.pick(lines);
    const change = random.pick(changes);
    const key = `${file}:${change.line}`;
    if (drawn.has(key)) continue;
    drawn.add(key);
    const source = sources.get(file) ?? "";
    const lineText = (text: string): string => (text.split("\n")[change.line - 1] ?? "").trim();
    const after = source.slice(0, change.start) + change.replacement + source.slice(change.end);
    const told = { file, line: change.line, operator: change.operator, before: lineText(source), after: lineText(after) };
    const reason = exceptionOf(told);
    yield { ...told, patch: patchOf(file, source, change), ...(reason === undefined ? {} : { excepted: reason }) };
  }
}

/** What a replay says to people. */
import { sizeText } from "../reduce/index.ts";
import { evidenceText } from "../run/views/index.ts";
import type { Capsule } from "./capsule.ts";
import type { Replay } from "./replay.ts";

const indented = (text: string): string[] => text.split("\n").map((line) => `  ${line}`);

const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

function reductionLines({ reduction, firing }: Capsule): string[] {
  const rate = firing === null ? [] : [`fired ${firing.fired} of ${times(firing.of, "time")} when it was written`];
  if (reduction === null) return ["not reduced", ...rate];
  if (reduction.end === "does not fire") return ["not reduced: it did not fire again", ...rate];
  const ends = {
    minimal: `no single part can go: all ${reduction.removals.possible} removals that leave a sound farm were run, and passed`,
    unsure: `no single part can go, as far as one could look: ${reduction.removals.unknown} of ${times(reduction.removals.possible, "removal")} could not be judged`,
    budget: `perhaps not the smallest: the budget ended with ${reduction.removals.tried} of ${times(reduction.removals.possible, "removal")} tried`,
  };
  return [
    `reduced in ${times(reduction.emulations, "run")} from ${sizeText(reduction.from)}`,
    `to ${sizeText(reduction.to)}`,
    ends[reduction.end],
    ...rate,
  ];
}

/** More than these nobody reads; the capsule has them. */
const happeningsShown = 8;

function happenedLines({ happened }: Capsule): string[] {
  const lines = happened.map(({ atMs, what }) => (atMs === null ? what : `${Math.round(atMs)} ms: ${what}`));
  if (lines.length <= happeningsShown) return lines;
  return [...lines.slice(0, happeningsShown), `and ${lines.length - happeningsShown} lines more in the capsule`];
}

/** What a capsule is about. */
export function capsuleLines(capsule: Capsule): string[] {
  return [
    capsule.property,
    `  of ${capsule.scenario.file}, seed ${capsule.scenario.seed}`,
    ...[...reductionLines(capsule), ...happenedLines(capsule)].map((line) => `  ${line}`),
  ];
}

/** Versions and host of a replay. */
export interface ReplayedWith {
  readonly farmlab: string;
  readonly commit: string | null;
  readonly kernel: string;
}

const shortCommit = (commit: string | null): string => (commit === null ? "no commit" : `commit ${commit.slice(0, 12)}`);

/** What differs from when the capsule was written: a replay that ends otherwise may be for that. */
export function noteLines({ versions }: Capsule, now: ReplayedWith): string[] {
  const notes = [
    ...(versions.farmlab === now.farmlab ? [] : [`it was written by farmlab ${versions.farmlab}; this is ${now.farmlab}`]),
    ...(versions.commit === now.commit ? [] : [`it was written at ${shortCommit(versions.commit)}; this is ${shortCommit(now.commit)}`]),
    ...(versions.kernel === now.kernel ? [] : [`it was written on kernel ${versions.kernel}; this is ${now.kernel}`]),
  ];
  return notes.map((note) => `note: ${note}`);
}

/** How a replay ended, and the story where it fired. */
export function replayLines({ outcome, fired, of, runs, story, evidence, needs }: Replay): string[] {
  const told = story === null ? [] : indented(story);
  switch (outcome) {
    case "fires":
      return [
        `it fires: ${fired} of ${times(runs, "run")} failed`,
        ...told,
        ...evidence.flatMap((one) => indented(evidenceText(one).trimEnd())),
      ];
    case "gone":
      return [`it does not fire any more: ${of} of ${times(runs, "run")} passed`];
    case "needs":
      return [`it cannot be replayed here: needs ${needs.join(", ")}`];
    case "unknown":
      return [`unknown: in ${runs - of} of ${times(runs, "run")} nobody could look`, ...told];
  }
}

/**
 * Laws of farmlab itself. What of them can be seen in a running farm is a property of it; the rest is checked by tests, each with the
 * deliberate break that it finds.
 */
import type { Law } from "./law.ts";

export type HarnessLaw = Pick<Law, "id" | "text" | "tests">;

const law = (id: string, text: string, ...tests: readonly string[]): HarnessLaw => ({ id, text, tests });

export const harnessLaws: readonly HarnessLaw[] = [
  law("XC-1", "the same scenario gives the same verdict on both backends", "property-tests/lab/backends.test.ts"),
  law(
    "XC-2",
    "no packet of a lab leaves it, and nothing of a lab outlives its holder but what gc removes by its mark",
    "property-tests/lab/leftovers.test.ts",
    "emulator/containerlab/lab/leftovers.test.ts",
    "emulator/netns/lab/netns.test.ts",
  ),
  law(
    "XC-3",
    "a failure prints one command that reproduces it: a capsule replays it anywhere, and faults repeat exactly",
    "property-tests/lab/capsules.test.ts",
    "property-tests/lab/lost-packet.test.ts",
    "property-tests/lab/regressions.test.ts",
    "property-tests/replay/capsule.test.ts",
    "emulator/wire/lab/repeat.test.ts",
  ),
  law(
    "XC-4",
    "what must not matter does not: with nodes renamed, prefixes shifted, entries reordered, an unused way added, or a network gone and back, verdicts are as before",
    "property-tests/metamorphic/relations.test.ts",
    "property-tests/metamorphic/lab/verdicts.test.ts",
  ),
  law("XC-5", "every seeded fault is caught, and the report names a law that it broke", "property-tests/lab/mutants.test.ts"),
  law(
    "XC-6",
    "any bytes as input give a lab or exit code 2 with file, line, column and a hint",
    "core/farm/load.test.ts",
    "emulator/topology/clab/write.test.ts",
  ),
  law("XC-7", "a run with what the host lacks says that it is skipped and what it needs, never that it passed", "bin/lab/skips.test.ts"),
  law(
    "XC-8",
    "a passing run says how much it covered, and what failure probability it excludes from the unguided part of its samples alone",
    "reports/exclusion.test.ts",
  ),
  law(
    "XC-9",
    "every router of the surroundings behaves as its preset says: its NAT mapping, filtering, hairpinning, port preservation and timeouts, measured from both sides, equal its name",
    "topologies/surroundings/lab/nat.test.ts",
    "topologies/surroundings/lab/nat-timeouts.test.ts",
  ),
];

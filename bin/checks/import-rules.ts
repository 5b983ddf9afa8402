/**
 * Checks who imports whom: the rooms' table, purity of the pure rooms, vitest in tests only, and that the oracle judges from nothing but
 * the farm's types and addresses. `node bin/checks/import-rules.ts` prints what is wrong and exits 1.
 */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readImports } from "./read-imports.ts";
import type { ImportLine } from "./read-imports.ts";
import { mayImport, oracleAddresses, oracleRoom, oracleTypes, pureRooms, roomOf } from "./rooms.ts";

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Judges sources by their path relative to the project's root. Files of unknown rooms are violations too, but for the root's own. */
export function checkImports(sources: ReadonlyMap<string, string>): Violation[] {
  const imports = new Map([...sources].map(([file, text]) => [file, readImports(file, text)]));
  return [...imports].flatMap(([file, lines]) => [
    ...lines.flatMap((line) => judgeLine(file, line)),
    ...(file.startsWith(`${oracleRoom}/`) && !isTest(file) ? judgeOracle(file, imports) : []),
  ]);
}

const isTest = (file: string): boolean => file.endsWith(".test.ts");

function judgeLine(file: string, line: ImportLine): Violation[] {
  const violation = (message: string): Violation[] => [{ file, line: line.line, message }];
  const room = roomOf(file);
  if (line.target === undefined) {
    if (line.specifier === "vitest" && !isTest(file)) return violation("only tests import vitest");
    const pure = room !== undefined && pureRooms.includes(room) && !isTest(file);
    return pure && line.specifier.startsWith("node:") ? violation(`${room} is pure: no ${line.specifier}`) : [];
  }
  // Tests bring their own surroundings; the files at the root are configuration.
  if (isTest(file) || !file.includes("/")) return [];
  const target = roomOf(line.target);
  if (room === undefined) return violation(`${file} lies in no room`);
  if (target === undefined) return violation(`${line.target} lies in no room`);
  const allowed = mayImport(room, target);
  if (allowed === "no") return violation(`${room} may not import ${target}`);
  return allowed === "types" && !line.typeOnly ? violation(`${room} may import only types of ${target}`) : [];
}

/** Follows what an oracle's file imports, through every file in between; a type-only import leads to nothing that runs. */
function judgeOracle(start: string, imports: ReadonlyMap<string, readonly ImportLine[]>): Violation[] {
  const violations: Violation[] = [];
  const visit = (file: string, chain: readonly string[], seen: Set<string>): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const line of imports.get(file) ?? []) {
      const name = line.target ?? line.specifier;
      const fine =
        name === oracleAddresses ||
        name === "ip-address" ||
        name.startsWith(`${oracleRoom}/`) ||
        (line.typeOnly && name.startsWith(oracleTypes));
      const path = [...chain, name].join(" -> ");
      if (!fine)
        violations.push({
          file,
          line: line.line,
          message: `the oracle may import only types of core/farm and ${oracleAddresses}: ${path}`,
        });
      else if (!line.typeOnly && line.target !== undefined) visit(line.target, [...chain, name], seen);
    }
  };
  visit(start, [start], new Set());
  return violations.filter((violation) => violation.file === start || !violation.file.startsWith(`${oracleRoom}/`));
}

function main(): number {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const files = globSync(["*.ts", "{bench,bin,core,dataplane,emulator,property-tests,reports,topologies}/**/*.ts"], { cwd: root });
  const violations = checkImports(new Map(files.toSorted().map((file) => [file, readFileSync(`${root}${file}`, "utf8")])));
  for (const { file, line, message } of violations) process.stderr.write(`${file}:${line}: ${message}\n`);
  process.stderr.write(`import rules: ${files.length} files, ${violations.length} violations\n`);
  return violations.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main();

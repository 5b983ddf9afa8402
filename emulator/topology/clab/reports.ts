/** Problems of a file, gathered while it is read. */
import type { Problem, Severity } from "../../../core/common/index.ts";
import type { Path, Places } from "../../../core/common/reading/index.ts";

export interface Reports {
  /** Once for one place: what several nodes inherit is one mistake. */
  refuse(code: string, path: Path, message: string, hint: string): undefined;
  /** The first of its kind counts: `kind` tells which are alike. */
  warnOnce(kind: string, code: string, path: Path, message: string, hint: string): void;
  /** Problems that have their places already. */
  take(problems: readonly Problem[]): void;
  readonly problems: readonly Problem[];
}

export function collectReports(places: Places): Reports {
  const problems: Problem[] = [];
  const told = new Set<string>();
  const add = (severity: Severity, code: string, path: Path, message: string, hint: string): void =>
    void problems.push({ severity, code, message, hint, place: places.of(path) });
  return {
    problems,
    take: (found) => void problems.push(...found),
    refuse(code, path, message, hint) {
      const mistake = `${code} ${JSON.stringify(path)}`;
      if (!told.has(mistake)) add("error", code, path, message, hint);
      told.add(mistake);
      return undefined;
    },
    warnOnce(kind, code, path, message, hint) {
      if (told.has(kind)) return;
      told.add(kind);
      add("warning", code, path, message, hint);
    },
  };
}

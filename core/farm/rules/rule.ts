/** What a rule of the farm file is given and what it finds. Rules say what no farm may be; findings that a farmer may live with are `core/check`'s. */
import type { Severity } from "../../common/index.ts";
import type { FarmFile } from "../document.ts";
import type { Farm } from "../farm.ts";
import type { Path } from "../../common/reading/index.ts";

export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly path: Path;
  /** Points at the key rather than at the value. */
  readonly atKey?: true;
  readonly message: string;
  readonly hint: string;
}

/** Judges one subject. Pure; the order of findings is that of the file where it is easy, and sorted later anyhow. */
export type Rule = (farm: Farm, file: FarmFile) => readonly Finding[];

export function refuse(code: string, path: Path, message: string, hint: string): Finding {
  return { severity: "error", code, path, message, hint };
}

export function refuseKey(code: string, path: Path, message: string, hint: string): Finding {
  return { severity: "error", code, path, atKey: true, message, hint };
}

/** Entries whose key another entry before had, with that earlier entry. */
export function repeats<T>(
  list: readonly T[],
  keyOf: (entry: T) => string,
): { readonly entry: T; readonly index: number; readonly first: T }[] {
  const seen = new Map<string, T>();
  return list.flatMap((entry, index) => {
    const key = keyOf(entry);
    const first = seen.get(key);
    if (first !== undefined) return [{ entry, index, first }];
    seen.set(key, entry);
    return [];
  });
}

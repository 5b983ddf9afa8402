/** The subordinate ids of a user who is not root (subuid(5)): those of whoever is not root in the user's labs. */
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Problem } from "../core/common/index.ts";
import { findProgram } from "./find-program.ts";

/** The first of `subordinateCount` user ids and of as many group ids of this machine, which are 1.. in the user's labs; 0 there is the user. */
export interface SubordinateIds {
  readonly users: number;
  readonly groups: number;
}

/** A lab's ids are 65536, of which root is the user's own. */
export const subordinateCount: number = 65535;

/** Ids that distributions give out begin at 100000 or 524288; who has none is shown a range above both. */
const suggestedRange = "1000000-1065535";
const bytesMax = 1 << 20;

/** First id of the first range in a file as subuid(5) that gives one of these names enough; undefined where none does. */
export function firstRange(text: string, names: readonly string[]): number | undefined {
  const ranges = text.split("\n").map((line) => line.split(":"));
  const range = ranges.find(([name = "", first = "", count = ""]) => {
    return names.includes(name) && /^\d{1,10}$/.test(first) && /^\d{1,10}$/.test(count) && Number(count) >= subordinateCount;
  });
  return range === undefined ? undefined : Number(range[1]);
}

function rangeIn(file: string, names: readonly string[]): number | undefined {
  try {
    return firstRange(readFileSync(file, "utf8").slice(0, bytesMax), names);
  } catch {
    return undefined;
  }
}

/** What a user has: root, who needs none, has `ids: undefined`; or why there are none, or nothing to map them with, and the way out. */
export type SubordinateAnswer =
  | { readonly ids: SubordinateIds | undefined; readonly problem?: undefined }
  | { readonly ids?: undefined; readonly problem: Problem & { readonly hint: string } };

const refusal = (message: string, hint: string): SubordinateAnswer => ({
  problem: { severity: "error", code: "no-subordinate-ids", message, hint },
});

/** Those of the user whom this process belongs to. */
export function subordinateIds(): SubordinateAnswer {
  const userId = process.getuid?.() ?? 0;
  if (userId === 0) return { ids: undefined };
  const programs = ["newuidmap", "newgidmap"].filter((program) => findProgram(program) === undefined);
  if (programs.length > 0) return refusal(`${programs.join(" and ")} not found`, "apt-get install uidmap (Fedora: shadow-utils)");
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    return refusal(`user ${userId} has no name`, "run it as a user whom /etc/passwd knows");
  }
  const names = [name, String(userId)];
  const [users, groups] = [rangeIn("/etc/subuid", names), rangeIn("/etc/subgid", names)];
  if (users !== undefined && groups !== undefined) return { ids: { users, groups } };
  const files = [...(users === undefined ? ["/etc/subuid"] : []), ...(groups === undefined ? ["/etc/subgid"] : [])];
  const give = [
    ...(users === undefined ? [`--add-subuids ${suggestedRange}`] : []),
    ...(groups === undefined ? [`--add-subgids ${suggestedRange}`] : []),
  ];
  return refusal(`${files.join(" and ")} give ${name} no ${subordinateCount} ids in one range`, `sudo usermod ${give.join(" ")} ${name}`);
}

/** What to write before a program so that it is root of a user namespace with these ids; `native` is farmlab's helper. */
export function asMappedRoot(native: string, { users, groups }: SubordinateIds): readonly string[] {
  return [native, "mapped", String(users), String(groups)];
}

/** What a check of a farm is, and how it says what it finds. */
import type { Path } from "../common/reading/index.ts";
import type { Farm, Finding } from "../farm/index.ts";

/** Judges one subject of a farm. */
export type FarmCheck = (farm: Farm) => readonly Finding[];

/** Something that will not work as the farmer expects, at a key of the file. */
export function warn(code: string, path: Path, message: string, hint: string): Finding {
  return { severity: "warning", code, path, atKey: true, message, hint };
}

/** Something that works, and could be better. */
export function advise(code: string, path: Path, message: string, hint: string): Finding {
  return { severity: "advice", code, path, atKey: true, message, hint };
}

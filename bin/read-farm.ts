/** Reads a farm file from disk. */
import type { Outcome } from "../core/common/index.ts";
import { farmFileKind, loadFarm } from "../core/farm/index.ts";
import type { LoadedFarm } from "../core/farm/index.ts";
import { readText } from "./read-text.ts";

/** The text of a farm file. Errors: those of `readText`. */
export const readFarmText = (path: string): Promise<Outcome<string>> => readText(path, farmFileKind);

/** Reads and loads a farm file. Errors: those of `readText` and of `loadFarm`. */
export async function readFarm(path: string): Promise<Outcome<LoadedFarm>> {
  const text = await readFarmText(path);
  return text.ok ? loadFarm(text.value, path) : text;
}

/** From a farm file's document back to its text. */
import { stringify } from "yaml";
import type { FarmFile } from "./document.ts";

/** YAML that `loadFarm` reads as the same document. Comments and layout of a file that it came from are not in it. */
export function farmText(document: FarmFile): string {
  return stringify(document, { lineWidth: 120, aliasDuplicateObjects: false });
}

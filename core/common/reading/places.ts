/** Where in the file things stand, for findings that are made after loading. */
import type { Place } from "../problem.ts";
import type { Lines } from "./lines.ts";
import type { Located } from "./located.ts";

/** A path in a file as it is written: keys and indexes, e.g. `["networks", "blue", "resources", 0, "prefix"]`. */
export type Path = readonly (string | number)[];

export interface Places {
  /** Where the value stands; of a map or list under a key, and where there is no value, the key; as a last resort the parent. */
  of(path: Path): Place;
  /** Where the key stands; for a list's entry, the entry. */
  ofKey(path: Path): Place;
}

export function placesOf(root: Located, lines: Lines): Places {
  const find = (path: Path): { readonly found: Located; readonly whole: boolean } => {
    let found = root;
    for (const step of path) {
      const child = found.children.get(step);
      if (child === undefined) return { found, whole: false };
      found = child;
    }
    return { found, whole: true };
  };
  const at = (located: Located, keyFirst: boolean): Place => {
    const isCollection = located.children.size > 0;
    const span = keyFirst || isCollection ? (located.keySpan ?? located.span) : (located.span ?? located.keySpan);
    return span === undefined ? lines.placeAt(0) : lines.placeAt(...span);
  };
  return {
    of(path) {
      const { found, whole } = find(path);
      return at(found, !whole);
    },
    ofKey(path) {
      return at(find(path).found, true);
    },
  };
}

/** Reads a farm file's text: YAML, schema, rules; every fault with its place in the file. */
import { failure, sortProblems, success } from "../common/index.ts";
import type { Outcome, Problem } from "../common/index.ts";
import type { FarmFile } from "./document.ts";
import type { Farm } from "./farm.ts";
import { normalise } from "./normalise.ts";
import { farmFileLimit, notText, tooLarge } from "./reading/guard.ts";
import { linesOf } from "./reading/lines.ts";
import { locate } from "./reading/located.ts";
import { parseYaml } from "./reading/parse.ts";
import { placesOf } from "./reading/places.ts";
import type { Places } from "./reading/places.ts";
import { schemaProblems } from "./reading/schema-problems.ts";
import { judge } from "./rules/rules.ts";
import { farmFileSchema } from "./schema/farm-file.ts";

export interface LoadedFarm {
  readonly farm: Farm;
  /** The file as written, validated but not normalised: for those who must not share the normaliser's mistakes. */
  readonly document: FarmFile;
  readonly places: Places;
}

/**
 * Loads a farm from a file's text, decoded by the caller with replacement of what is no UTF-8. Takes any text: never throws for it, and its
 * time is bounded. Stages: size and bytes, YAML, schema, rules; all problems of the first stage that fails are reported, sorted by place,
 * each with line, column and hint. A value may come with warnings.
 */
export function loadFarm(text: string, file: string): Outcome<LoadedFarm> {
  if (text.length > farmFileLimit) return failure(tooLarge(file));
  const lines = linesOf(text, file);
  const unreadable = notText(text, lines);
  if (unreadable !== undefined) return failure(unreadable);

  const parsed = parseYaml(text, lines);
  if (!parsed.ok) return failure(...sortProblems(parsed.problems));
  const { root, problems } = locate(parsed.value, lines);
  if (problems.length > 0) return failure(...sortProblems(problems));
  if (root.value === null) {
    const hint = "`farmlab init` writes a farm file to start from";
    return failure({ severity: "error", code: "empty-file", message: "the file holds no farm", hint, place: lines.placeAt(0) });
  }

  const places = placesOf(root, lines);
  const shaped = farmFileSchema.safeParse(root.value);
  if (!shaped.success) return failure(...sortProblems(schemaProblems(shaped.error.issues, root.value, places)));
  const document = shaped.data;
  const farm = normalise(document);
  const found = sortProblems(
    judge(farm, document).map(({ severity, code, path, atKey, message, hint }): Problem => {
      const place = atKey === true ? places.ofKey(path) : places.of(path);
      return { severity, code, message, hint, place };
    }),
  );
  return found.some(({ severity }) => severity === "error") ? failure(...found) : success({ farm, document, places }, found);
}

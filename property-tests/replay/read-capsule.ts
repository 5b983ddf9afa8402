/** Reads a capsule's text: JSON, version, checksum, shape, the farm within; what is wrong is said with place and hint. */
import { failure, success } from "../../core/common/index.ts";
import type { Outcome, Problem } from "../../core/common/index.ts";
import { fileSizeLimit, tooLarge } from "../../core/common/reading/index.ts";
import type { FileKind } from "../../core/common/reading/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { laws, nearestLaw } from "../laws/index.ts";
import type { Property } from "../laws/index.ts";
import { scenarioOf } from "../run/scenario.ts";
import type { Scenario } from "../run/scenario.ts";
import { capsuleSchema, capsuleSchemaName } from "./capsule.ts";
import type { Capsule } from "./capsule.ts";
import { isIntact } from "./seal.ts";

/** Capsules, for messages of who reads them. */
export const capsuleKind: FileKind = {
  name: "a capsule",
  advice: "`farmlab run` writes a capsule of each failure, as .farmlab/capsules/*.capsule.json",
  content: "capsule",
  levels: 8,
  scalars: "values",
};

/** A capsule with what it takes to run it. */
export interface LoadedCapsule {
  readonly capsule: Capsule;
  readonly scenario: Scenario;
  readonly property: Property;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `farmlab 0.1.0, commit abc`, as far as a file says who made it. */
function makerOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const { versions } = value;
  if (!isObject(versions) || typeof versions["farmlab"] !== "string") return undefined;
  const commit = typeof versions["commit"] === "string" ? `, commit ${versions["commit"].slice(0, 12)}` : "";
  return `farmlab ${versions["farmlab"].slice(0, 20)}${commit}`;
}

const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);

class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  problem(code: string, message: string, hint: string, line = 1, column = 1): Problem {
    return { severity: "error", code, message, hint, place: { file: this.#file, line, column } };
  }

  /** JSON that ends before its last brace was cut short; what is no JSON from its beginning is something else. */
  json(text: string): Outcome<unknown> {
    try {
      return success(JSON.parse(text) as unknown);
    } catch (error) {
      const message = error instanceof Error ? error.message : "";
      const [, line, column] = /\(line ([0-9]+) column ([0-9]+)\)/.exec(message) ?? [];
      const isCut = text.trimStart().startsWith("{") && !text.trimEnd().endsWith("}");
      if (isCut) {
        const lines = text.split("\n");
        const end: readonly [number, number] = [lines.length, (lines.at(-1)?.length ?? 0) + 1];
        return failure(this.problem("capsule-cut-short", "the file ends in the middle of a capsule", "copy it again, whole", ...end));
      }
      return failure(
        this.problem("not-a-capsule", "the file is no JSON, so no capsule", capsuleKind.advice, Number(line ?? 1), Number(column ?? 1)),
      );
    }
  }

  /** A capsule of this version whose content is the one that was written. */
  capsule(value: unknown): Outcome<Capsule> {
    const schema = isObject(value) ? value["schema"] : undefined;
    if (!isObject(value) || typeof schema !== "string" || !schema.startsWith("farmlab.capsule/")) {
      const what = typeof schema === "string" ? `, but ${clip(schema)}` : "";
      return failure(this.problem("not-a-capsule", `the file is no capsule${what}`, capsuleKind.advice));
    }
    if (schema !== capsuleSchemaName) {
      const maker = makerOf(value);
      const hint = `replay it with the farmlab that made it${maker === undefined ? "" : `: ${maker}`}`;
      return failure(this.problem("capsule-version", `this is a ${clip(schema)}, and this farmlab reads ${capsuleSchemaName}`, hint));
    }
    const shaped = capsuleSchema.safeParse(value);
    if (!shaped.success) {
      const [issue] = shaped.error.issues;
      const path = (issue?.path ?? []).join(".");
      const at = issue?.code === "unrecognized_keys" ? [path, issue.keys[0] ?? ""].filter((step) => step !== "").join(".") : path;
      return failure(
        this.problem(
          "capsule-edited",
          `the capsule is not as farmlab wrote it: ${clip(at === "" ? "its keys" : at)}: ${clip(issue?.message ?? "")}`,
          "take the file as it was written; a farm that is to be changed is its own file, for farmlab run",
        ),
      );
    }
    // The file's own order of keys, which the checksum is over.
    if (!isIntact(value as unknown as Capsule)) {
      return failure(
        this.problem(
          "capsule-edited",
          "the capsule's content is not what its checksum says: it was edited or damaged",
          "take the file as it was written; a farm that is to be changed is its own file, for farmlab run",
        ),
      );
    }
    return success(shaped.data);
  }

  property({ law, property }: Capsule): Outcome<Property> {
    const own = laws.find(({ id }) => id === law);
    if (own === undefined) {
      return failure(
        this.problem(
          "unknown-law",
          `this farmlab has no law ${clip(law)}`,
          `the nearest is ${nearestLaw(law)}; farmlab laws lists them all`,
        ),
      );
    }
    const found = own.properties.find(({ name }) => name === property);
    if (found !== undefined) return success(found);
    const names = own.properties.map(({ name }) => `"${name}"`).join(", ");
    return failure(
      this.problem(
        "unknown-property",
        `this farmlab has no property "${clip(property)}"`,
        names === "" ? "no property of a farm checks this law any more" : `${law} is checked by ${names}`,
      ),
    );
  }

  /** The farm as it stands in the capsule: it was valid where it was written. */
  scenario({ scenario: { file, farm, seed } }: Capsule): Outcome<Scenario> {
    const name = `${this.#file}, the farm in it`;
    const loaded = loadFarm(farm, name);
    if (!loaded.ok) return failure(...loaded.problems);
    const scenario = scenarioOf(loaded.value.document, seed, file);
    return scenario.ok ? scenario : failure(...scenario.problems);
  }
}

/** Takes any text, decoded by the caller: never throws for it. */
export function readCapsule(text: string, file: string): Outcome<LoadedCapsule> {
  if (text.length > fileSizeLimit) return failure(tooLarge(file, capsuleKind));
  const reader = new Reader(file);
  const json = reader.json(text);
  if (!json.ok) return json;
  const capsule = reader.capsule(json.value);
  if (!capsule.ok) return capsule;
  const property = reader.property(capsule.value);
  if (!property.ok) return property;
  const scenario = reader.scenario(capsule.value);
  if (!scenario.ok) return scenario;
  return success({ capsule: capsule.value, scenario: scenario.value, property: property.value });
}

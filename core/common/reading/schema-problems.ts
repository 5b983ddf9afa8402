/** What the schema found, as problems in the field's terms. */
import type { z } from "zod";
import type { Problem } from "../problem.ts";
import { schemaPart } from "./json-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import { nearestHint } from "./nearest.ts";
import { hasUnquotedAddress, unquotedAddressHint } from "./parse.ts";
import type { Path, Places } from "./places.ts";

const issueLimit = 100;

const kindNames: Readonly<Record<string, string>> = {
  object: "a map (key: value)",
  array: "a list",
  string: "text",
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
};

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return typeof value === "string" ? "text" : typeof value === "boolean" ? "true or false" : "a number";
};

const valueAt = (root: unknown, path: Path): { readonly present: boolean; readonly value?: unknown } => {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return { present: false };
    value = (value as Record<string | number, unknown>)[step];
  }
  return { present: true, value };
};

const clip = (text: string): string => (text.length > 50 ? `${text.slice(0, 50)}...` : text);

/** `nodes.node-1.nics`, or `the file` for the whole. */
const pathText = (path: Path): string =>
  path.length === 0
    ? "the file"
    : clip(
        path
          .map((step) => (typeof step === "number" ? `[${step}]` : step))
          .join(".")
          .replaceAll(".[", "["),
      );

const wanted = (schema: JsonSchema | undefined): string => {
  if (Array.isArray(schema?.["enum"])) return (schema["enum"] as unknown[]).join(" or ");
  if (schema?.["const"] !== undefined) return String(schema["const"]);
  return kindNames[String(schema?.["type"])] ?? "something else";
};

type Issue = z.core.$ZodIssue;

/** What a schema has judged. */
export interface Judged {
  readonly data: unknown;
  readonly schema: JsonSchema;
  readonly places: Places;
}

function unknownKeys(keys: readonly string[], path: Path, { data, schema, places }: Judged): Problem[] {
  const properties = Object.keys(schemaPart(schema, path)?.properties ?? {});
  const holder = valueAt(data, path).value as object;
  const missing = properties.filter((key) => !Object.hasOwn(holder, key));
  return keys.map((key) => ({
    severity: "error",
    code: "unknown-key",
    message: `unknown key "${clip(key)}"${path.length === 0 ? "" : ` in ${pathText(path)}`}`,
    hint: nearestHint(key, missing.length > 0 ? missing : properties, "keys here"),
    place: places.ofKey([...path, key]),
  }));
}

function wrongValue(issue: Issue, path: Path, { data, schema: whole, places }: Judged): Problem {
  const { present, value } = valueAt(data, path);
  const schema = schemaPart(whole, path);
  const place = places.of(path);
  if (!present) {
    const key = clip(String(path.at(-1) ?? ""));
    const about = schema?.["description"];
    return {
      severity: "error",
      code: "missing-key",
      message: `"${key}" is missing in ${pathText(path.slice(0, -1))}`,
      hint: `add ${key}: ${typeof about === "string" ? `(${about})` : `with ${wanted(schema)}`}`,
      place: path.length === 1 ? places.of([]) : place,
    };
  }
  if (issue.code === "invalid_value") {
    const choices = (Array.isArray(schema?.["enum"]) ? schema["enum"] : [schema?.["const"]]).map(String);
    const message = `${pathText(path)} cannot be ${clip(JSON.stringify(value))}`;
    return { severity: "error", code: "bad-choice", message, hint: nearestHint(clip(String(value)), choices, "values"), place };
  }
  const message = `${pathText(path)} must be ${wanted(schema)}, not ${kindOf(value)}`;
  const quote = wanted(schema) === "text" && typeof value !== "object" && value !== null;
  const hint = hasUnquotedAddress(place.text ?? "")
    ? unquotedAddressHint
    : quote
      ? `put it in quotes: "${clip(String(value))}"`
      : `write ${wanted(schema)} here${value === null ? ", or leave the key out" : ""}`;
  return { severity: "error", code: "wrong-type", message, hint, place };
}

/** One problem per issue; an unknown key is an issue of its own. Not sorted. */
export function schemaProblems(issues: readonly Issue[], judged: Judged): Problem[] {
  const { places } = judged;
  return issues.slice(0, issueLimit).flatMap((issue): Problem[] => {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    if (issue.code === "unrecognized_keys") return unknownKeys(issue.keys.slice(0, issueLimit), path, judged);
    // A key of a map that is no name: the issue is about the key, and the reason lies one level deeper.
    const inner = issue.code === "invalid_key" ? issue.issues[0] : issue;
    if (inner?.code === "custom") {
      const { code = "bad-value", hint = "", atKey = false } = (inner.params ?? {}) as { code?: string; hint?: string; atKey?: boolean };
      const place = issue.code === "invalid_key" || atKey ? places.ofKey(path) : places.of(path);
      const quoted = hasUnquotedAddress(place.text ?? "") ? unquotedAddressHint : hint;
      return [{ severity: "error", code, message: inner.message, hint: quoted, place }];
    }
    return [wrongValue(issue, path, judged)];
  });
}

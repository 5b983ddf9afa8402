/** Reads results and blobs of shards back from disk: bounded, and judged by the published schemas. */
import type * as z from "zod";
import { failure, success } from "../../core/common/index.ts";
import type { Outcome, Problem } from "../../core/common/index.ts";
import type { FileKind } from "../../core/common/reading/index.ts";
import { blobSchema, runResultSchema } from "../../reports/index.ts";
import type { Blob, RunResult } from "../../reports/index.ts";
import { readText } from "../read-text.ts";

/** A search of a day is a few MiB. */
const reportBytesMax = 64 * 1024 * 1024;

interface Kind<Content> extends FileKind {
  readonly schemaName: string;
  readonly schema: z.ZodType<Content>;
}

const json = { content: "JSON", levels: 0, scalars: "values" } as const;

const resultKind: Kind<RunResult> = {
  ...json,
  name: "a result",
  advice: "farmlab run --reporter json --output FILE writes a result",
  schemaName: "farmlab.run/1",
  schema: runResultSchema,
};

const blobKind: Kind<Blob> = {
  ...json,
  name: "a blob of a shard",
  advice: "farmlab run --shard INDEX/COUNT --reporter blob --output FILE writes a blob of a shard",
  schemaName: "farmlab.blob/1",
  schema: blobSchema,
};

const problem = (code: string, file: string, message: string, hint: string): Problem => ({
  ...{ severity: "error", code, message, hint },
  place: { file, line: 1, column: 1 },
});

/** What the file says that it is; undefined where it says nothing of the kind. */
function schemaNamed(value: unknown): string | undefined {
  const named = typeof value === "object" && value !== null && "schema" in value ? value.schema : undefined;
  return typeof named === "string" && named.startsWith("farmlab.") ? named : undefined;
}

/** A file of ours that is not what was asked for: another kind, or of another version. */
function otherKind(file: string, named: string, kind: Kind<unknown>): Problem {
  const isOtherVersion = named.split("/")[0] === kind.schemaName.split("/")[0];
  const isBlob = named.startsWith("farmlab.blob/");
  const hint = isOtherVersion
    ? "use the farmlab that wrote it, or write it anew with this one"
    : isBlob
      ? "farmlab report merge makes a result of blobs: add --reporter json --output FILE"
      : kind.advice;
  return problem(isOtherVersion ? "other-version" : "other-kind", file, `the file is ${named}, and not ${kind.schemaName}`, hint);
}

function parse<Content>(text: string, file: string, kind: Kind<Content>): Outcome<Content> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const message = text.trim() === "" ? "the file is empty" : `the file is no JSON, or was cut short`;
    return failure(problem("not-json", file, message, kind.advice));
  }
  const named = schemaNamed(value);
  if (named === undefined) return failure(problem("other-kind", file, `the file is not ${kind.name}`, kind.advice));
  if (named !== kind.schemaName) return failure(otherKind(file, named, kind));
  const read = kind.schema.safeParse(value);
  if (read.success) return success(read.data);
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  return failure(
    problem("damaged", file, `the file is damaged${place}: ${issue?.message ?? "unknown"}`, "it was edited or cut short; write it anew"),
  );
}

async function read<Content>(file: string, kind: Kind<Content>): Promise<Outcome<Content>> {
  const text = await readText(file, kind, reportBytesMax);
  return text.ok ? parse(text.value, file, kind) : text;
}

/** Errors: those of `readText`, `not-json`, `other-kind`, `other-version`, `damaged`. */
export const readResult = (file: string): Promise<Outcome<RunResult>> => read(file, resultKind);

/** Errors: as of `readResult`. */
export const readBlob = (file: string): Promise<Outcome<Blob>> => read(file, blobKind);

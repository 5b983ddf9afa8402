/** Text of a certain kind in a schema. Each says in the field's terms what is wrong with a value. */
import { z } from "zod";

/** A value for a message, in quotes and cut. */
export const shown = (input: unknown): string => {
  const text = String(input);
  return `"${text.length > 50 ? `${text.slice(0, 50)}...` : text}"`;
};

export interface TextKind {
  readonly code: string;
  /** Ends the sentence `"x" is not ...`. */
  readonly what: string;
  readonly hint: string;
  readonly pattern?: string;
  readonly examples?: readonly string[];
}

/** Text that must pass a test. The code and hint travel in the issue's `params`; the pattern is for editors only. */
export function textOf(kind: TextKind, test: (text: string) => boolean): z.ZodType<string> {
  const meta = {
    description: `${kind.what}; ${kind.hint}`,
    ...(kind.pattern === undefined ? {} : { pattern: kind.pattern }),
    ...(kind.examples === undefined ? {} : { examples: [...kind.examples] }),
  };
  return z
    .string()
    .refine(test, { error: (issue) => `${shown(issue.input)} is not ${kind.what}`, params: { code: kind.code, hint: kind.hint } })
    .meta(meta);
}

/** Text that matches a pattern as a whole. */
export const matching = (kind: TextKind & { readonly pattern: string }): z.ZodType<string> => {
  const pattern = new RegExp(kind.pattern, "u");
  return textOf(kind, (text) => pattern.test(text));
};

/** The schema with what it is there for, before what it is: for the hint of a missing key and for editors. */
export function about<T>(purpose: string, schema: z.ZodType<T>): z.ZodType<T> {
  const kind = schema.meta()?.description;
  return schema.meta({ description: kind === undefined ? purpose : `${purpose}; ${kind}` });
}

/**
 * Errors as values: what a user can cause is a `Problem` with a code, a place, a cause and a hint, never a thrown stack.
 * Not for faults of farmlab itself: those are thrown and end the process with exit code 70.
 */

/** Where in a file a problem lies; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The text of that line, for the caret picture. */
  readonly text?: string;
  /** How many columns the caret covers, at least 1. */
  readonly width?: number;
}

export type Severity = "error" | "warning" | "advice";

/** Something a user has to know of; `error` stops what was asked, the others do not. */
export interface Problem {
  readonly severity: Severity;
  /** Stable, for scripts: words with hyphens, such as `unknown-key`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly place?: Place;
}

/** A value, or why there is none. Warnings may accompany a value. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function success<T>(value: T, problems: readonly Problem[] = []): Outcome<T> {
  return { ok: true, value, problems };
}

export function failure<T>(...problems: readonly Problem[]): Outcome<T> {
  return { ok: false, problems };
}

/** The value, or the first problem thrown as an Error: for callers who have validated before. */
export function expectValue<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.problems.map((problem) => problem.message).join("; "));
}

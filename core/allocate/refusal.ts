/** Why something is not handed out. */
import type { Problem } from "../common/index.ts";

/** A problem that stands in the way, with what to do about it. */
export const error = (code: string, message: string, hint?: string): Problem => ({
  severity: "error",
  code,
  message,
  ...(hint === undefined ? {} : { hint }),
});

/** Running programs to their end, by a small process that forks in place of a large one. */
export * from "./program-runner.ts";

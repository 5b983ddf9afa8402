/**
 * What every room may use: problems, addresses, deadlines, seeded choice.
 * Pure, knows nothing of farms. Not a place for helpers that only one room needs.
 */
export * from "./problem.ts";
export * from "./problem-text.ts";
export * from "./address.ts";
export * from "./deadline.ts";
export * from "./random.ts";
export * from "./service-line.ts";
export * from "./clock-skew.ts";
export * from "./remembered.ts";
export * from "./same-value.ts";
export * from "./at-most.ts";

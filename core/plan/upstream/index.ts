/** The configuration of the router that the farmer owns, above the exit nodes: what it has to hold, and how it is told. */
export * from "./upstream-plan.ts";
export { dialects, type Dialect } from "./dialects.ts";

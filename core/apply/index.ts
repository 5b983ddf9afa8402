/**
 * Makes a node plan real: observe, difference, commands; one file per kind of object. Running commands is injected (`System`).
 * Decides nothing of what a node should have (that is core/plan), and touches nothing that farmlab does not own: see ownership.ts.
 */
export type * from "./system.ts";
export type * from "./observed.ts";
export { apply } from "./apply.ts";
export { readHeld } from "./addresses.ts";
export type { ShownLink } from "./shown.ts";
export { observe } from "./observe.ts";
export { onceApplied } from "./observed.ts";
export { difference } from "./difference.ts";
export { saysAtStart } from "./tunnels.ts";
export type { Changes } from "./difference.ts";
export type { ApplyReport, Known } from "./apply.ts";

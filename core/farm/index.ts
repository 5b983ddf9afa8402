/** The farm file: schema, loading with line and column, normalising. Says nothing of how a farm is run. */
export type * from "./farm.ts";
export type * from "./document.ts";
export type * from "./timeline.ts";
export { farmText } from "./write.ts";
export * from "./allocation.ts";
export * from "./nat.ts";
export * from "./held-ports.ts";
export * from "./parts.ts";
export { farmFileKind, judgeDocument, loadFarm } from "./load.ts";
export * from "./plugs.ts";
export * from "./lab-nodes.ts";
export { presenceAt, type Presence } from "./presence.ts";
export type { JudgedDocument, LoadedFarm } from "./load.ts";
export type { Finding } from "./rules/rule.ts";
export { farmFileJsonSchema } from "./schema/farm-file.ts";
export * from "./faults/fault.ts";
export * from "./faults/schedule.ts";
export * from "./faults/conditions.ts";

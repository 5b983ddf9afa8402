/** Intents + facts -> the desired state of a node, as data. Pure; runs nothing and reads nothing of a system. */
export type * from "./node-plan.ts";

/**
 * What if something fails: each link, node and daemon of a farm fails in a lab, one by one or two by two, while every flow is probed all the
 * time: who loses what, for how long, and what comes back by itself. Judges by what was seen and the farmer's own expectations; what must hold
 * always is the laws'.
 */
export * from "./result.ts";
export { failureWords, isTunnelDaemon, partsNamed } from "./failures.ts";
export { whatIfMeaning } from "./meaning.ts";
export { usualJobs, whatIf } from "./what-if.ts";
export type { WhatIfEvent, WhatIfOptions } from "./what-if.ts";

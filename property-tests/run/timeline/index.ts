/**
 * A farm's timeline carried out in a running lab, while flows are sent again and again: what was seen, when, and what happened when. Whether
 * that is right is judged afterwards, by the oracle and the times at which things really happened.
 */
export { judgeTimeline } from "./judge-timeline.ts";
export type { TimelineVerdict } from "./judge-timeline.ts";
export type { Observation, TimelineRun } from "./observation.ts";
export { timelineRunIn, timelineRunOf } from "./run-timeline.ts";
export { timelineWaitMs } from "./settling.ts";
export { wiredLinks } from "./wired-links.ts";

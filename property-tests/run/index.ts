/**
 * The runner: brings farms up, judges them by the laws, takes them down, and gathers the result. It knows no law and prints nothing.
 */
export * from "./events.ts";
export * from "./select.ts";
export * from "./verdict.ts";
export * from "./verdicts.ts";
export type * from "./farm-to-run.ts";
export * from "./run-farms.ts";
export { judgePure } from "./pure-subject.ts";
export { createScenarioRunner } from "./scenario-runner.ts";
export type { ScenarioRunnerOptions } from "./scenario-runner.ts";
export { judgedBeforeLook, runSearch } from "./run-search.ts";
export type { SearchRunOptions } from "./run-search.ts";
export { generatedSource, listSource, variationsSource } from "./scenario-source.ts";
export type { DrawnScenario, ScenarioSource } from "./scenario-source.ts";
export type * from "./session.ts";
export { openFarm, requireTunnelRoom } from "./live-farm.ts";
export { partneredBars } from "./places.ts";
export { openSession } from "./open-session.ts";
export { wiredLinks } from "./timeline/wired-links.ts";
export type { LiveFarm, LiveFarmOptions } from "./live-farm.ts";
export * from "./scenario.ts";
export type * from "./evidence.ts";
export type { WhatHappened } from "./happened.ts";
export * from "./coverage/observe-coverage.ts";

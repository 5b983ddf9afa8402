/**
 * What this machine can do, found by doing rather than by asking, and what is used in place of what it lacks.
 * It changes nothing on the machine and leaves nothing behind.
 */
export { containerlabProgram, judgeVersion, versionIn, versionOutput } from "./containerlab.ts";
export { findEngine, ownEngineSocket } from "./engine.ts";
export { overflowText, readOverflows } from "./overflows.ts";
export type { Overflows } from "./overflows.ts";
export { probeHost } from "./probe-host.ts";
export { attemptDropReasons } from "./attempts-tracing.ts";
export { presentCapabilities, requireSandbox, requireTunnels, tunnelCapabilities } from "./require-sandbox.ts";
export { howToGetTunnels, tunnelLimit } from "./tunnel-limit.ts";
export type { Area, Capability, HostReport, Machine } from "./report.ts";

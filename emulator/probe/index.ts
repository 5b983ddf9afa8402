/**
 * Traffic: single probes, responders, traces and watched interfaces in any namespace of a lab, through one `native probe` process.
 * Says what sockets saw; what should have happened is the oracle's.
 */
export * from "./outcome.ts";
export * from "./describe.ts";
export * from "./prober.ts";
export * from "./converser.ts";

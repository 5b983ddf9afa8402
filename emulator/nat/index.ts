/**
 * The classifier: measures how a router translates from behind it and from the far side (RFC 5780 for UDP, the same for TCP), from packets
 * alone. It knows no preset and no ruleset; what a router should do is told to `natDifferences`.
 */
export * from "./behaviour.ts";
export { openBench } from "./bench.ts";
export type { Bench, FarHost, FarPlace, InnerHost } from "./bench.ts";
export { measureNat } from "./measure.ts";
export type { NatHosts } from "./measure.ts";
export { measureUdpLifetime } from "./lifetime.ts";
export type { Lifetime, LifetimeRequest } from "./lifetime.ts";
export { isTcpMappingAlive } from "./tcp-lifetime.ts";
export type { TcpLifetimeRequest } from "./tcp-lifetime.ts";
export { measureForward } from "./forward.ts";
export type { ForwardRequest } from "./forward.ts";
export { natDifferences } from "./differences.ts";
export { describeNat } from "./describe.ts";

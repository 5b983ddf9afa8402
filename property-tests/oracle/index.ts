/**
 * The independent judge: from the validated farm document and the laws it predicts what must happen to a packet and what a mesh must
 * look like. It shares no code with deriving, planning or intents (types of `core/farm` and addresses of `core/common` only), so that
 * a fault there cannot hide here. It sends nothing and looks at nothing; what was observed is handed in.
 */
export * from "./world.ts";
export * from "./predict.ts";
export * from "./predict-at.ts";
export * from "./expectations.ts";
export { faultText } from "./hindrance.ts";
export { everyFlow } from "./every-flow.ts";
export { constraintOf, waysOf } from "./paths.ts";
export type { PathConstraint } from "./paths.ts";
export type { PathPart, Way } from "./underlay.ts";
export * from "./mesh.ts";
export * from "./path-mtu.ts";
export { ethernetMtu, expectedOverlay, type ExpectedOverlay } from "./overlays.ts";
export * from "./upstream.ts";
export * from "./drawing.ts";

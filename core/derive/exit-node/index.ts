/**
 * What follows from an exit-node network's uint16 (seed 1). Functions have the seed's names in camel case; `seedNames` in object.ts
 * gives the seed's own spelling. The simple formulas take their input as right; `deriveExitNode` judges it first.
 */
export * from "./names.ts";
export * from "./addresses.ts";
export * from "./overlays.ts";
export * from "./peers.ts";
export * from "./routes.ts";
export * from "./check.ts";
export * from "./object.ts";
// Of the farm room only these pure files: its index would draw the YAML loader into every bundle that derives.
export { exitNodePart, isReservedSubnet, maximumExitNodeNumber, prefixesPerPart, subnetNumberOf, subnetOf } from "../../farm/parts.ts";
export { nodesOfResource } from "../../farm/whereabouts.ts";
export { vxlanPort } from "../../farm/overlays.ts";

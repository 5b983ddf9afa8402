/**
 * Farms to run, and how a farm becomes a lab: nodes, links, and the surroundings that the farm does not own (routers, NAT, the internet,
 * the store's host). Not what farmlab's own agents build inside farm nodes: that is derived in `core`.
 */
export * from "./compile/compile-farm.ts";
export * from "./compile/picture.ts";
export { fullFarm, fullGateway, largeFarm, smallerGateway, type LargeFarmSize } from "./large-farm.ts";
export { exportClab } from "./export-clab.ts";
export { findStoreHost, storeDataFolder, storeSocketPath } from "./surroundings/store.ts";

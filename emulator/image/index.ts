/**
 * What nodes run: the image (Debian with FRR, etcd, WireGuard and tools), the native helper and the bundled agent, each built once into
 * the cache and named by the hash of what it is made of. Not for bringing anything up.
 */
export { BuildError, buildOnce } from "./build-once.ts";
export { cacheDirectory, cacheProblem } from "./cache.ts";
export { agentSources, ensureBundle } from "./bundle.ts";
export type { SourcePatch } from "./bundle.ts";
export { findImage } from "./image.ts";
export type { Image, ImageOptions } from "./image.ts";
export { ensureNative, findNative } from "./native.ts";
export { missingPackages } from "./node-programs.ts";
export { imageIds, imageName } from "./recipe.ts";
export { ensureRuntime } from "./runtime.ts";
export type { ImageChoice, Runtime } from "./runtime.ts";

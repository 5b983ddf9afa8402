/**
 * How many tunnels of wireguard-go may run at once: each watches its socket by an inotify instance, of which the kernel gives a user so many, in
 * all labs together (inotify(7), max_user_instances: 128 by default). One that gets none ends as soon as it has begun.
 */
import { readFileSync } from "node:fs";
import type { Finding } from "./probe.ts";

const path = "/proc/sys/fs/inotify/max_user_instances";
/** What this user's other programs have of them, such as editors and service managers, by the rule of thumb. */
const others = 16;
/** Enough for the largest BAR, 400 networks, beside other labs. */
const plenty = 1024;
export const howToGetTunnels: string = `sysctl fs.inotify.max_user_instances=${plenty}`;

const ofHost = (): string => readFileSync(path, "utf8");

/** Undefined where the kernel does not tell. `read` gives the setting's text, or throws. */
export function tunnelLimit(read: () => string = ofHost): number | undefined {
  try {
    return Math.max(0, Number.parseInt(read(), 10) - others);
  } catch {
    return undefined;
  }
}

export function manyTunnels(read: () => string = ofHost): Finding {
  const limit = tunnelLimit(read);
  if (limit === undefined || limit >= plenty - others) return {};
  return { refusal: `about ${limit} at once, in all labs together` };
}

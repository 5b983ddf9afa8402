/** The languages in which a router can be told what it has to hold. */
import { frrLines } from "./frr.ts";
import { iosLines } from "./ios.ts";
import { linuxLines } from "./linux.ts";
import { routerosLines } from "./routeros.ts";
import type { UpstreamPlan } from "./upstream-plan.ts";

export type Dialect = "linux" | "frr" | "routeros" | "ios";

interface DialectOf {
  /** Whether the lines were pasted into a real router and did what they should (EX-6); the others say in their first line that they were not. */
  readonly tried: boolean;
  /** What an interface's name may be: it stands in lines that somebody pastes. */
  readonly interfaceName: RegExp;
  readonly lines: (plan: UpstreamPlan) => readonly string[];
}

/** Linux: at most 15 bytes. Cisco's have slashes, MikroTik's may be named by hand. */
const kernelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/;
const longName = /^[A-Za-z][A-Za-z0-9./:_-]{0,39}$/;

export const dialects: Readonly<Record<Dialect, DialectOf>> = {
  linux: { tried: true, interfaceName: kernelName, lines: linuxLines },
  frr: { tried: true, interfaceName: kernelName, lines: frrLines },
  routeros: { tried: false, interfaceName: longName, lines: routerosLines },
  ios: { tried: false, interfaceName: longName, lines: iosLines },
};

import { failure, success } from "../../core/common/index.ts";
import type { Outcome, Problem } from "../../core/common/index.ts";
import type { Capability, HostReport } from "./report.ts";

/**
 * Whether a lab can run here: an error for every required part that is missing (not for what could not be looked at); `no-namespaces`
 * stands alone.
 */
export function requireSandbox(report: HostReport): Outcome<void> {
  const missing = report.capabilities.filter((one) => one.required && one.tried && !one.present);
  // Without namespaces no other attempt could be made: their answers say nothing.
  const shown = missing.some((one) => one.capability === "namespaces") ? missing.filter((one) => one.capability === "namespaces") : missing;
  return shown.length === 0 ? success(undefined) : failure(...shown.map((one) => lacks(one, report.root)));
}

/** Whether a farm's tunnels can be made, by WireGuard in the kernel or in user space; of a report on `tunnelCapabilities`. */
export function requireTunnels(report: HostReport): Outcome<void> {
  if (presentCapabilities(report).has("tun")) return success(undefined);
  return failure(
    ...report.capabilities.filter(({ capability, tried }) => capability === "tun" && tried).map((one) => lacks(one, report.root)),
  );
}

export const tunnelCapabilities: readonly string[] = ["tun", "wireguard"];

/** What there is, by the names that properties need. Who has WireGuard in the kernel needs no TUN device for it. */
export function presentCapabilities({ capabilities }: HostReport): ReadonlySet<string> {
  const present = new Set(capabilities.flatMap((one) => (one.present ? [one.capability] : [])));
  return present.has("wireguard") ? present.add("tun") : present;
}

const ofTheUser: readonly string[] = ["namespaces", "subordinate-ids", "tun"];

function lacks({ capability, usedFor, answer, how }: Capability, root: boolean): Problem {
  const who = ofTheUser.includes(capability) && !root ? "this user" : "this machine";
  return {
    severity: "error",
    code: `no-${capability}`,
    message: `${who} lacks ${capability}, used for ${usedFor}: ${answer ?? "no answer"}`,
    ...(how === null ? {} : { hint: how }),
  };
}

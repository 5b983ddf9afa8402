/** Whether a lab's namespaces can be made, and where a user may not make them, the setting that forbids it. */
import { readFileSync } from "node:fs";
import { imageIds } from "../image/index.ts";
import { attemptSandboxOfRoot, attemptSandboxOfUser } from "./attempts.ts";
import type { Refusal } from "./attempts.ts";
import type { Finding, Surroundings } from "./probe.ts";

export function attemptSandbox({ root, mapped }: Pick<Surroundings, "root" | "mapped">): Promise<Refusal> {
  return root ? attemptSandboxOfRoot(imageIds.start, imageIds.count) : attemptSandboxOfUser(mapped);
}

export async function namespaces(surroundings: Surroundings): Promise<Finding> {
  const refusal = await attemptSandbox(surroundings);
  const how = refusal === undefined || surroundings.root ? undefined : wayToNamespaces(readSetting);
  // The kernel's words for it would send who reads them looking for a full disk.
  const words = refusal?.includes("No space left") === true ? "a limit in /proc/sys/user is reached, or is 0" : refusal;
  return { refusal: words, ...(how === undefined ? {} : { how }) };
}

const asRoot = "or run it with sudo";

/** Settings of which one value keeps users who are not root from namespaces of their own, or from rights in them. */
const forbidding = [
  {
    setting: "user/max_user_namespaces",
    value: "0",
    how: `sysctl user.max_user_namespaces=15000, ${asRoot}`,
  },
  {
    // Debian's and its relatives' kernels have it.
    setting: "kernel/unprivileged_userns_clone",
    value: "0",
    how: `sysctl kernel.unprivileged_userns_clone=1, ${asRoot}`,
  },
  {
    // Ubuntu's since 23.10: the namespace is made, but without rights in it.
    setting: "kernel/apparmor_restrict_unprivileged_userns",
    value: "1",
    how: `sysctl kernel.apparmor_restrict_unprivileged_userns=0 (AppArmor takes the rights away that users have in their namespaces), ${asRoot}`,
  },
] as const;

/** The way out where a known setting stands in the way. `read` gives a setting's value by its path below /proc/sys; undefined where there is none. */
export function wayToNamespaces(read: (setting: string) => string | undefined): string | undefined {
  return forbidding.find(({ setting, value }) => read(setting) === value)?.how;
}

export function readSetting(setting: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${setting}`, "utf8").trim();
  } catch {
    return undefined;
  }
}

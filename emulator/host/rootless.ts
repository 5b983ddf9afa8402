/** What labs of users who are not root take. As root it is looked at for an ordinary user. */
import { statSync } from "node:fs";
import { findProgram } from "../find-program.ts";
import { subordinateIds } from "../subordinate-ids.ts";
import { attemptAsOrdinaryUser, attemptSandboxOfUser } from "./attempts.ts";
import { readSetting, wayToNamespaces } from "./namespaces.ts";
import type { Finding, Probe, Surroundings } from "./probe.ts";

async function namespacesOfUsers({ root, mapped }: Surroundings): Promise<Finding> {
  const refusal = await (root ? attemptAsOrdinaryUser() : attemptSandboxOfUser(mapped));
  const how = refusal === undefined ? undefined : wayToNamespaces(readSetting);
  return { refusal, ...(how === undefined ? {} : { how }) };
}

async function subordinates({ root }: Surroundings): Promise<Finding> {
  if (root) {
    const missing = ["newuidmap", "newgidmap"].filter((program) => findProgram(program) === undefined);
    if (missing.length > 0) return { refusal: `${missing.join(" and ")} not found` };
    return { found: "newuidmap is there; root itself needs no range" };
  }
  const { ids, problem } = subordinateIds();
  if (problem !== undefined) return { refusal: problem.message, how: problem.hint };
  return ids === undefined ? {} : { found: `user ids from ${ids.users}, group ids from ${ids.groups}` };
}

async function tunForUsers(): Promise<Finding> {
  try {
    const { mode } = statSync("/dev/net/tun");
    return (mode & 0o006) === 0o006 ? {} : { refusal: `its mode is ${(mode & 0o777).toString(8)}` };
  } catch (error) {
    return { refusal: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

export const rootlessProbes: readonly Probe[] = [
  {
    capability: "user-namespaces",
    area: "rootless",
    required: false,
    usedFor: "labs of ordinary users",
    standIn: "labs as root",
    how: "sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 where there are such settings, and user.max_user_namespaces above 0",
    howToLook: "apt-get install util-linux, whose unshare does the looking",
    attempt: namespacesOfUsers,
  },
  {
    capability: "subordinate-ids",
    area: "rootless",
    required: false,
    requiredOfUsers: true,
    usedFor: "the ids of whoever is not root in labs of ordinary users (newuidmap, /etc/subuid, /etc/subgid)",
    standIn: "labs as root",
    how: "apt-get install uidmap",
    attempt: subordinates,
  },
  {
    capability: "user-tun",
    area: "rootless",
    required: false,
    usedFor: "WireGuard in labs of ordinary users (/dev/net/tun open to everybody)",
    standIn: null,
    how: "chmod 666 /dev/net/tun",
    attempt: tunForUsers,
  },
];

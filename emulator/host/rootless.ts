/** What labs of users who are not root take. As root it is looked at for an ordinary user. */
import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { findProgram } from "../find-program.ts";
import { imageIds } from "../image/index.ts";
import { attemptAsOrdinaryUser, attemptSandbox } from "./attempts.ts";
import type { Finding, Probe, Surroundings } from "./probe.ts";

async function namespacesOfUsers({ root }: Surroundings): Promise<Finding> {
  return { refusal: await (root ? attemptAsOrdinaryUser() : attemptSandbox(false, imageIds.start, imageIds.count)) };
}

/** Ids below which a file of subordinate ids (subuid(5)) gives a user as many as a lab takes. */
function hasRange(file: string, names: readonly string[]): boolean {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .some((line) => {
        const [name = "", , count = ""] = line.split(":");
        return names.includes(name) && Number(count) >= imageIds.count;
      });
  } catch {
    return false;
  }
}

async function subordinateIds({ root }: Surroundings): Promise<Finding> {
  const missing = ["newuidmap", "newgidmap"].filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) return { refusal: `${missing.join(" and ")} not found`, how: "apt-get install uidmap" };
  if (root) return { found: "newuidmap is there; root itself needs no range" };
  const { username, uid } = userInfo();
  const without = ["/etc/subuid", "/etc/subgid"].filter((file) => !hasRange(file, [username, String(uid)]));
  if (without.length === 0) return {};
  return {
    refusal: `${without.join(" and ")} give ${username} no ${imageIds.count} ids`,
    how: `usermod --add-subuids ${imageIds.start}-${imageIds.start + imageIds.count - 1} --add-subgids ${imageIds.start}-${imageIds.start + imageIds.count - 1} ${username}`,
  };
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
    usedFor: "more than one user id in labs of ordinary users",
    standIn: "one id, which is root in the lab",
    how: "apt-get install uidmap",
    attempt: subordinateIds,
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

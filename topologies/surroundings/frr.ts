/** FRR 10.3 in a node that runs nothing else: static routes only. */
import { formatAddress, formatPrefix, wellKnown, contains } from "../../core/common/index.ts";
import type { StaticRoute } from "../../core/farm/index.ts";
import type { ServiceSpec } from "../../emulator/topology/index.ts";

const configurationFolder = "/etc/frr";
const folders: readonly string[] = [configurationFolder, "/run/frr", "/var/lib/frr", "/var/tmp/frr"];
/** `-P 0`: no terminal on TCP; vtysh uses the sockets in /run/frr. */
const daemonOptions: readonly string[] = ["-u", "root", "-g", "root", "-P", "0"];

/** One static route in FRR's language; a link-local next hop needs its interface. `reject` answers with ICMP unreachable. */
export function staticRouteLine(route: StaticRoute, linkLocalInterface: string): string {
  const command = `${route.prefix.address.family === 4 ? "ip" : "ipv6"} route ${formatPrefix(route.prefix)}`;
  if (route.kind === "unreachable") return `${command} reject`;
  const link = contains(wellKnown.linkLocal, route.via) ? ` ${linkLocalInterface}` : "";
  return `${command} ${formatAddress(route.via)}${link}`;
}

/**
 * Files of a node whose FRR holds these lines. The daemons run as root, and so the group of their sockets is root's: that works too
 * where a sandbox has just one user id.
 */
export function staticFrrFiles(hostname: string, lines: readonly string[]): Readonly<Record<string, string>> {
  const text = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
  return {
    "/etc/group": text(["root:x:0:", "frrvty:x:0:"]),
    [`${configurationFolder}/mgmtd.conf`]: "",
    [`${configurationFolder}/staticd.conf`]: text(lines),
    [`${configurationFolder}/vtysh.conf`]: text([`hostname ${hostname}`, "no service integrated-vtysh-config"]),
    [`${configurationFolder}/zebra.conf`]: "",
  };
}

/**
 * The daemons, each started when the one before takes connections: one that finds no peer tries again a second later. mgmtd reads the
 * files of staticd too, but only where no frr.conf is (the package brings one) and the folder is its user's own. The sockets that are made
 * last tell that a daemon is ready; zebra alone listens to its clients only after that, so staticd looks for the listening socket
 * (flag 00010000, __SO_ACCEPTCON). What is passed to the shell is constant.
 */
export function staticFrrServices(): readonly ServiceSpec[] {
  const prepare = `rm -f ${configurationFolder}/frr.conf && install -d -o root -g root -m 755 ${folders.join(" ")}`;
  const listening = "until grep -q ' 00010000 .*/run/frr/zserv.api$' /proc/net/unix; do :; done";
  const daemon = (name: string): readonly string[] => [`/usr/lib/frr/${name}`, ...daemonOptions];
  const after = (step: string, name: string): readonly string[] => ["/bin/sh", "-c", `${step}; exec "$0" "$@"`, ...daemon(name)];
  return [
    { name: "mgmtd", argv: after(prepare, "mgmtd"), restart: "always", readyPath: "/run/frr/mgmtd.vty" },
    { name: "zebra", argv: daemon("zebra"), restart: "always", readyPath: "/run/frr/zebra.vty" },
    { name: "staticd", argv: after(listening, "staticd"), restart: "always", readyPath: "/run/frr/staticd.vty" },
  ];
}

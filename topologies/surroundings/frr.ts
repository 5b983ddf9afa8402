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
 * files of staticd too, but only where no frr.conf is (the package brings one) and the folder is its user's own. What is passed to the
 * shell is constant. Whether zebra is there is asked at its terminal's socket, which it opens after all others: a stranger who connects
 * to zserv.api and leaves while zebra starts makes it lose its connected routes, and then install the static ones a hundred times a second.
 */
export function staticFrrServices(): readonly ServiceSpec[] {
  const prepare = `rm -f ${configurationFolder}/frr.conf && install -d -o root -g root -m 755 ${folders.join(" ")}; exec "$0" "$@"`;
  const daemon = (name: string): readonly string[] => [`/usr/lib/frr/${name}`, ...daemonOptions];
  return [
    { name: "mgmtd", argv: ["/bin/sh", "-c", prepare, ...daemon("mgmtd")], restart: "always", readyPath: "/run/frr/mgmtd.vty" },
    { name: "zebra", argv: daemon("zebra"), restart: "always", readyPath: "/run/frr/zebra.vty" },
    { name: "staticd", argv: daemon("staticd"), restart: "always", readyPath: "/run/frr/staticd.vty" },
  ];
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** What the node image is made of. Its hash names the image, so every change here makes a new one. */
export interface Recipe {
  /** Debian's release; mmdebstrap knows where its packages and its keys are. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** Roughly how many packages these are with their dependencies: for the progress bar only. */
  readonly expectedPackages: number;
  /** Shell lines that mmdebstrap runs outside of the image, whose root is `$1`, before packing it. */
  readonly customize: readonly string[];
  /** tar patterns of what the image does without. */
  readonly excludes: readonly string[];
  /** First of the 65536 ids that files belong to; a lab's sandbox maps them to 0.. */
  readonly idStart: number;
  readonly idCount: number;
}

export const recipe: Recipe = {
  suite: "trixie",
  packages: [
    "busybox",
    "conntrack",
    "conntrackd",
    "dpdk-dev",
    "etcd-client",
    "etcd-server",
    "ethtool",
    "frr",
    "iproute2",
    "iputils-ping",
    "keepalived",
    "librte-mempool-ring25",
    "librte-net-af-packet25",
    "librte-net-tap25",
    "libstdc++6",
    "nftables",
    "procps",
    "tcpdump",
    "wireguard-go",
    "wireguard-tools",
  ],
  expectedPackages: 400,
  customize: ['mkdir -p "$1/usr/lib/farmlab" "$1/etc/farmlab" "$1/var/lib/farmlab" "$1/run/netns"'],
  excludes: [
    "./dev/*",
    // What mmdebstrap copies from this machine does not belong in nodes: its name, its resolver, where its packages come from.
    "./etc/apt",
    "./etc/hostname",
    "./etc/machine-id",
    "./etc/resolv.conf",
    // dpdk-dev brings what a compiler takes; nodes run its testpmd.
    "./usr/include",
    "./usr/lib/*/*.a",
    "./usr/share/bug",
    "./usr/share/doc",
    "./usr/share/info",
    "./usr/share/lintian",
    "./usr/share/locale",
    "./usr/share/man",
    "./usr/lib/systemd",
    "./usr/lib/*/gconv",
    "./usr/lib/*/systemd",
    "./var/cache/apt",
    "./var/cache/debconf",
    "./var/lib/apt",
    "./var/lib/dpkg/info",
    "./var/log/*",
  ],
  idStart: 524288,
  idCount: 65536,
};

/** Names the image: changes with the recipe and with the script that builds it. */
export function recipeHash(): string {
  const script = readFileSync(new URL("build-image.sh", import.meta.url), "utf8");
  return createHash("sha256").update(JSON.stringify(recipe)).update(script).digest("hex").slice(0, 16);
}

/** What container engines call the image. */
export function imageName(): string {
  return `farmlab/node:${recipeHash()}`;
}

/** The ids of this machine that 0.. of a lab's sandbox are; the image's files belong to them. */
export const imageIds: { readonly start: number; readonly count: number } = { start: recipe.idStart, count: recipe.idCount };

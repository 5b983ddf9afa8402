/** What a host lacks or refuses: the cause and the way out, exit code 3, and nothing left behind. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureRuntime, findImage } from "../../emulator/image/index.ts";
import { farmlab, onHost, onUserNamespace, socketRefusers, temporaryFolder, without } from "./host.fixture.ts";

const farm = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const launcher = new URL("../../farmlab", import.meta.url).pathname;
const folder = temporaryFolder(afterAll);
const { noNftables } = socketRefusers(folder);

beforeAll(async () => {
  await ensureRuntime();
});

/** An empty cache, for builds; what of a build is left in it afterwards. */
function newCache(name: string): { readonly path: string; readonly left: () => string[] } {
  const path = join(folder, name);
  mkdirSync(path);
  return { path, left: () => readdirSync(path, { recursive: true, encoding: "utf8" }).toSorted() };
}

interface Fault {
  readonly what: string;
  readonly argv?: readonly string[];
  readonly before?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const run = ["run", farm, "--quiet"];
const empty = newCache("empty");
const readOnly = newCache("read-only");
const small = newCache("small");
const unreached = newCache("unreached");
const noBuilder = newCache("no-builder");
const noCompiler = newCache("no-compiler");
const image = (): string => join(findImage()?.rootfs ?? "", "../..");

const faults: readonly Fault[] = [
  { what: "no user namespaces", before: onUserNamespace("echo 0 >/proc/sys/user/max_user_namespaces") },
  {
    what: "fewer network namespaces than the farm takes",
    argv: ["up", farm, "--quiet"],
    before: onUserNamespace("echo 8 >/proc/sys/user/max_net_namespaces"),
  },
  { what: "no /dev/net/tun", argv: ["up", farm, "--quiet"], before: onUserNamespace("mount -t tmpfs tmpfs /dev/net") },
  { what: "no nftables", before: noNftables },
  {
    what: "neither mmdebstrap nor a container engine",
    before: onHost(without(["mmdebstrap", "docker", "podman"])),
    env: { XDG_CACHE_HOME: noBuilder.path },
  },
  {
    what: "no compiler",
    before: onHost(`${without(["gcc"])}\nmkdir -p "$IMAGES" && mount --bind "$BUILT" "$IMAGES"`),
    env: { XDG_CACHE_HOME: noCompiler.path, IMAGES: join(noCompiler.path, "farmlab/image") },
  },
  {
    what: "a cache that is read-only",
    before: onHost('mount --bind "$XDG_CACHE_HOME" "$XDG_CACHE_HOME" && mount -o remount,bind,ro "$XDG_CACHE_HOME"'),
    env: { XDG_CACHE_HOME: readOnly.path },
  },
  { what: "a cache where there can be none", env: { XDG_CACHE_HOME: "/proc/x" } },
  {
    what: "a disk that is full while the image is built",
    before: onHost(
      'mount -t tmpfs -o size=60m tmpfs "$XDG_CACHE_HOME"\n"$@" && exit || code=$?; find "$XDG_CACHE_HOME" -type f -size +0 >&2; exit $code',
    ),
    env: { XDG_CACHE_HOME: small.path },
  },
  { what: "no network to fetch the image from", before: onHost(":", "--net"), env: { XDG_CACHE_HOME: unreached.path } },
  {
    what: "nodes on programs that this machine lacks",
    argv: ["up", farm, "--image", "host"],
    before: onHost(without(["busybox", "etcd", "zebra", "nft", "wg", "wireguard-go"])),
  },
];

describe("a host with", () => {
  it("a fault is told of it, and how to mend it", { timeout: 300_000 }, async () => {
    const told: string[] = [];
    for (const { what, argv = run, before = [], env = {} } of faults) {
      const { code, out, error } = await farmlab(argv, before, { BUILT: image(), ...env });
      expect([what, code, out]).toEqual([what, 3, ""]);
      // Of a build, what its programs said last is theirs; of paths, where this test put them is its own.
      const text = error
        .replace(/^ {2}.*\n/gm, "")
        .replaceAll(folder, "/tmp")
        // Which node is the first for which there is no namespace depends on how soon the kernel frees others.
        .replace(/node \S+ (plain|init): node: \S+:/, "node NAME plain: node: NAME:");
      told.push(`${what}:\n${text}`);
    }
    await expect(told.join("\n")).toMatchFileSnapshot("../golden/host-faults.txt");
    for (const cache of [unreached, noBuilder]) expect(cache.left().filter((name) => /staging|rootfs/.test(name))).toEqual([]);
    expect(readOnly.left()).toEqual([]);
    expect(noCompiler.left().filter((name) => name.startsWith("farmlab/native/"))).toEqual(["farmlab/native/lock"]);
  });

  it("Ctrl-C while the image is built ends the build and leaves nothing of it", async () => {
    const child = spawn(launcher, ["up", farm], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, XDG_CACHE_HOME: empty.path },
    });
    child.stderr.setEncoding("utf8");
    let said = "";
    child.stderr.on("data", (text: string) => {
      if (!said.includes("node image:") && (said + text).includes("node image:")) child.kill("SIGINT");
      said += text;
    });
    const code = await new Promise<number | null>((resolve) => void child.once("close", resolve));
    expect([code, said.includes("error")]).toEqual([130, false]);
    expect(empty.left()).toEqual(["farmlab", "farmlab/image", "farmlab/image/lock"]);
  });
});

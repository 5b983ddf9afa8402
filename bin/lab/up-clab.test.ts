/** Topologies in containerlab's format, brought up without containerlab by the launcher itself. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { farmlab as runFarmlab, temporaryFolder, type Ran } from "./host.fixture.ts";

const root = new URL("../../", import.meta.url).pathname;
const shapes = join(root, "emulator/topology/clab/shapes");
const folder = temporaryFolder(afterAll);
const lab = `clab-${process.pid}`;

const farmlab = async (...argv: readonly string[]): Promise<Ran> => await runFarmlab(argv);
const up = async (file: string, ...options: readonly string[]): Promise<Ran> =>
  await farmlab("up", file, "--name", lab, "--quiet", ...options);
const inNode = async (node: string, ...argv: readonly string[]): Promise<Ran> => await farmlab("exec", lab, node, "--", ...argv);
const isRunning = async (): Promise<boolean> => (await farmlab("ls", "--format", "json")).out.includes(`"${lab}"`);

afterEach(async () => {
  if (await isRunning()) await farmlab("down", lab);
});

const good: Ran = { code: 0, out: "", error: "" };

/** A file with two nodes, `a` and `b`, without links. */
function twoNodes(a: string, b = "{}"): string {
  const file = join(folder, "two.clab.yml");
  writeFileSync(file, `name: two\ntopology:\n  defaults: { kind: linux, network-mode: none }\n  nodes:\n    a: ${a}\n    b: ${b}\n`);
  return file;
}

describe("a .clab.yml", () => {
  it("of two nodes is brought up, only with --trust for its commands", async () => {
    const file = join(shapes, "two-nodes.clab.yml");
    const refused = await up(file);
    expect([refused.code, refused.out]).toEqual([2, ""]);
    expect(refused.error).toContain("two-nodes.clab.yml runs commands in its nodes (exec)\nhint: read the file; --trust brings it up");
    expect(await isRunning()).toBe(false);
    expect(await up(file, "--trust")).toEqual(good);
    expect((await inNode("n1", "ping", "-c1", "-W2", "-M", "do", "-s", "9472", "192.168.0.2")).code).toBe(0);
    expect((await inNode("n1", "cat", "/proc/sys/net/ipv4/conf/all/forwarding")).out).toBe("1\n");
  });

  it("with a bridge joins its nodes", async () => {
    expect(await up(join(shapes, "bridge.clab.yml"), "--trust")).toEqual(good);
    for (const host of [2, 3]) expect((await inNode("n1", "ping", "-c1", "-W2", `10.0.0.${host}`)).code).toBe(0);
    expect((await inNode("br-clab", "ls", "/sys/class/net/br-clab/brif")).out).toBe("eth1\neth2\neth3\n");
  });

  it("without commands needs no trust; a node may have a link to itself", async () => {
    const file = join(folder, "loop.clab.yml");
    const end = (name: string, mac: string): string => `{ node: a, interface: ${name}, mac: "${mac}" }`;
    const link = `{ type: veth, mtu: 1400, endpoints: [${end("eth1", "02:00:00:00:00:01")}, ${end("eth2", "02-00-00-00-00-02")}] }`;
    writeFileSync(file, `name: loop\ntopology: { nodes: { a: { kind: linux, network-mode: none } }, links: [${link}] }`);
    expect(await up(file)).toEqual(good);
    const links = await inNode("a", "ip", "-br", "link");
    expect(links.out).toMatch(/^eth1@eth2 +UP +02:00:00:00:00:01 /m);
    expect(links.out).toMatch(/^eth2@eth1 +UP +02:00:00:00:00:02 /m);
    expect((await inNode("a", "cat", "/sys/class/net/eth2/mtu")).out).toBe("1400\n");
  });

  it("exported from a farm is the whole lab: routers route, daemons run", async () => {
    expect(await up(join(root, "topologies/exit-node.clab.yml"), "--trust")).toEqual(good);
    expect((await inNode("node-1", "ping", "-c1", "-W2", "198.51.100.53")).code).toBe(0);
    expect((await inNode("node-2", "ping", "-c1", "-W2", "198.51.100.53")).code).toBe(0);
    expect((await inNode("upstream", "ping", "-c1", "-W2", "2001:db8:53::53")).code).toBe(0);
    expect((await inNode("upstream", "vtysh", "-c", "show ipv6 route static")).out.match(/\/52 /g)).toHaveLength(1);
    expect((await inNode("grid", "etcdctl", "endpoint", "health")).code).toBe(0);
    expect((await inNode("node-3", "pgrep", "-f", "agent.cjs")).code).toBe(0);
  });
});

describe("commands of a .clab.yml", () => {
  it("run in order, each once, with the node's environment and name", async () => {
    const lines = [
      "sh -c 'echo one >> /run/said'",
      `sh -c 'echo "$WHO $0" >> /run/said' __clabNodeName__`,
      "sh -c 'echo one >> /run/said'",
    ];
    const file = twoNodes(`{ env: { WHO: it's me }, exec: ${JSON.stringify(lines).replaceAll("$", "$$$$")} }`);
    expect(await up(file, "--trust")).toEqual(good);
    expect((await inNode("a", "cat", "/run/said")).out).toBe("one\nit's me a\n");
  });

  it("that fail are told with node, command, code and words, and the lab is gone", async () => {
    const failed = await up(twoNodes("{ exec: [\"sh -c 'echo no such luck >&2; exit 7'\"] }", "{ exec: [sleep 100] }"), "--trust");
    expect(failed).toEqual({
      code: 1,
      out: "",
      error: [
        "error[command-failed]: node a: sh -c 'echo no such luck >&2; exit 7'",
        "exit code 7: no such luck",
        "hint: the lab is gone again; mend the file's exec",
        "",
      ].join("\n"),
    });
    expect(await isRunning()).toBe(false);
  });
});

describe("binds of a .clab.yml", () => {
  mkdirSync(join(folder, "shared/below"), { recursive: true });
  writeFileSync(join(folder, "shared/below/file"), "shared\n");
  writeFileSync(join(folder, "own"), "own\n");
  // What a lab's ids may write to.
  mkdirSync(join(folder, "open"));
  chmodSync(join(folder, "open"), 0o777);

  it("show files and folders of the machine in the node that has them, and in no other", async () => {
    const file = twoNodes(
      '{ binds: ["shared:/etc/frr/shared:ro", "own:/etc/hostname", "own:/opt/new/own:ro"] }',
      '{ binds: ["own:/run/own"] }',
    );
    const refused = await up(file);
    expect([refused.code, refused.error]).toEqual([2, expect.stringContaining("shows files of this machine to its nodes (binds)")]);
    expect(await up(file, "--trust")).toEqual(good);
    expect((await inNode("a", "cat", "/etc/frr/shared/below/file", "/etc/hostname", "/opt/new/own")).out).toBe("shared\nown\nown\n");
    expect((await inNode("b", "cat", "/run/own")).out).toBe("own\n");
    expect((await inNode("b", "ls", "/usr/lib/farmlab/binds")).out).toBe("");
    expect((await inNode("b", "sh", "-c", "test ! -e /opt/new && test ! -e /etc/frr/shared")).code).toBe(0);
  });

  it("that are read-only stay so for root of a node; others are written to as the lab's ids may", async () => {
    const file = twoNodes('{ binds: ["open:/run/ro:ro", "open:/run/rw", "own:/run/own:rw"] }');
    expect(await up(file, "--trust")).toEqual(good);
    const write = async (path: string): Promise<Ran> => await inNode("a", "sh", "-c", 'echo written > "$0"', path);
    expect((await write("/run/ro/new")).error).toContain("Read-only file system");
    expect((await inNode("a", "mount", "-o", "remount,bind,rw", "/run/ro")).code).not.toBe(0);
    expect((await write("/run/own")).error).toContain("Permission denied");
    expect((await write("/run/rw/new")).code).toBe(0);
    expect(readFileSync(join(folder, "open/new"), "utf8")).toBe("written\n");
  });

  it("of what is not there, or to where there is no place, are refused with a way on", async () => {
    const missing = await up(twoNodes('{ binds: ["nosuch:/etc/x"] }'), "--trust");
    expect([missing.code, missing.error]).toEqual([
      2,
      `error[no-bind-source]: node a binds ${folder}/nosuch, which cannot be found: ENOENT\nhint: relative paths begin at the file's folder\n`,
    ]);
    const nowhere = await up(twoNodes('{ binds: ["own:/nosuch/x"] }'), "--trust");
    expect([nowhere.code, nowhere.error]).toEqual([
      2,
      "error[bind]: bind a 0: bind: /nosuch/x: the node image has no folder for it\nhint: nodes have folders of their own below those of the image, as /etc\n",
    ]);
    expect(await isRunning()).toBe(false);
  });
});

import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectValue, startDeadline } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import { ensureRuntime } from "../../../emulator/image/index.ts";
import { netnsBackend, type NetnsLab } from "../../../emulator/netns/index.ts";
import type { Topology } from "../../../emulator/topology/index.ts";
import { compileFarm, storeSocketPath } from "../../index.ts";

const file = "exit-node.farm.yml";
const routeWaitMs = 10_000;

/** The farm's lab with nodes as their agents would find them: addresses and ways out, but no agent. */
function withoutAgents(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => (node.role === "farm-node" ? { ...node, config: { ...node.config, services: [] } } : node));
  return { ...topology, nodes };
}

let lab: NetnsLab;

const output = async (node: string, argv: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await lab.node(node).exec(argv);
  return stdout + stderr;
};
const ping = (node: string, address: string): Promise<string> => output(node, ["ping", "-n", "-c1", "-W2", address]);

async function untilPrinted(node: string, argv: readonly string[], wanted: string): Promise<void> {
  const clock = {
    nowMs: () => performance.now(),
    pause: (milliseconds: number) => new Promise<void>((done) => void setTimeout(done, milliseconds)),
  };
  await startDeadline(clock, routeWaitMs).until(`${wanted} in ${node}`, async () => {
    const seen = await output(node, argv);
    return seen.includes(wanted) ? { done: undefined } : { seen };
  });
}

beforeAll(async () => {
  const farm = expectValue(loadFarm(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), file)).farm;
  const topology = withoutAgents(compileFarm(farm, { seed: 1 }));
  lab = await netnsBackend(await ensureRuntime()).up(topology, { name: `surroundings-${process.pid}` });
  await untilPrinted("upstream", ["ip", "-6", "route"], "default");
  await untilPrinted("upstream", ["ip", "route"], "default");
});

afterAll(async () => {
  await lab?.down();
});

describe("the upstream router", () => {
  it("runs FRR with the file's static routes, all in the kernel", async () => {
    const routes = await output("upstream", ["vtysh", "-c", "show ipv6 route static"]);
    expect(routes.match(/^S>\*.*(?=, weight)/gm)).toEqual([
      "S>* ::/0 [1/0] via fe80::ffff, wan",
      "S>* 2a02:1802:5e::/48 [1/0] unreachable (ICMP unreachable)",
      "S>* 2a02:1802:5e:1000::/52 [1/0] via fe80::1000:0:0:1, swp1",
    ]);
    const kernel = (await output("upstream", ["ip", "-6", "route"])).split("\n").filter((line) => line.includes("proto static"));
    expect(kernel.map((line) => line.replace(/ nhid.*? via/, " via").replace(/ proto.*/, ""))).toEqual([
      "2a02:1802:5e:1000::/52 via fe80::1000:0:0:1 dev swp1",
      "unreachable 2a02:1802:5e::/48 dev lo",
      "default via fe80::ffff dev wan",
    ]);
  });

  it("knows what it is connected to, and is at rest", async () => {
    expect((await output("upstream", ["vtysh", "-c", "show ipv6 route connected"])).match(/^C.*/gm)?.length).toBeGreaterThanOrEqual(4);
    expect(await output("upstream", ["timeout", "0.5", "ip", "monitor", "route"])).toBe("");
  });

  it("says of an unassigned part that it is unreachable", async () => {
    expect(await ping("host-v6", "2a02:1802:5e:2000::1")).toContain("From 2001:db8:10::1 icmp_seq=1 Destination unreachable: No route");
  });

  it("has its routes again after its daemons have died", async () => {
    const router = lab.node("upstream");
    await router.exec(["ip", "-6", "route", "del", "2a02:1802:5e:1000::/52"]);
    for (const daemon of ["staticd", "zebra", "mgmtd"]) await router.services.kill(daemon, "SIGKILL");
    await untilPrinted("upstream", ["ip", "-6", "route"], "2a02:1802:5e:1000::/52");
  });
});

describe("the internet", () => {
  it("carries both families between its hosts and PrefixZero", async () => {
    for (const [from, to] of [
      ["node-1", "198.51.100.4"],
      ["node-1", "2001:db8:6::6"],
      ["host-v6", "2a02:1802:5e::2"],
      ["host-v4", "185.69.166.2"],
    ] as const) {
      expect(await ping(from, to)).toContain("1 received");
    }
  });

  it("says of addresses that nobody has, and of private ones, that they are unreachable", async () => {
    for (const address of ["203.0.113.99", "192.168.1.10"]) {
      expect(await ping("host-v4", address)).toContain("From 192.0.2.1 icmp_seq=1 Destination Net Unreachable");
    }
    expect(await ping("host-v6", "2a02:1803::1")).toContain("From 2001:db8::1 icmp_seq=1 Destination unreachable: No route");
  });
});

describe("home routers and the reflector", () => {
  interface Measured {
    readonly ipv4: { readonly reachability: string; readonly seen: string | null };
    readonly ipv6: { readonly reachability: string; readonly seen: string | null };
  }
  const reach = async (node: string): Promise<Measured> => {
    const reflectors = ["--reflector4", "198.51.100.53:3478", "--reflector6", "[2001:db8:53::53]:3478"];
    return JSON.parse(await output(node, ["/usr/lib/farmlab/native", "reach", ...reflectors])) as Measured;
  };

  it("show a node on PrefixZero as public", async () => {
    expect(await reach("node-1")).toMatchObject({
      ipv4: { reachability: "public", seen: "185.69.166.2" },
      ipv6: { reachability: "public", seen: "2a02:1802:5e::2" },
    });
  });

  it("hide each LAN behind an address of its own, and have no IPv6", async () => {
    const ipv6 = { reachability: "none", seen: null };
    expect(await reach("node-2")).toMatchObject({ ipv4: { reachability: "hidden", seen: "203.0.113.7" }, ipv6 });
    expect(await reach("node-3")).toMatchObject({ ipv4: { reachability: "hidden", seen: "203.0.113.8" }, ipv6 });
  });

  it("answer an echo from outside themselves", async () => {
    expect(await ping("host-v4", "203.0.113.7")).toContain("1 received");
  });
});

describe("the store", () => {
  const ask = (path: string, body: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socketPath = lab.node("grid").hostPath(storeSocketPath);
      const asked = request({ socketPath, path, method: "POST" }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(JSON.parse(text)));
      });
      asked.on("error", reject);
      asked.end(JSON.stringify(body));
    });

  it("answers the harness on a socket of its own", async () => {
    const key = Buffer.from("/a").toString("base64");
    await ask("/v3/kv/put", { key, value: key });
    expect(await ask("/v3/kv/range", { key })).toMatchObject({ count: "1", kvs: [{ value: key }] });
  });

  it("answers hidden nodes and both families over the network", async () => {
    for (const [node, address] of [
      ["node-2", "198.51.100.53"],
      ["node-1", "198.51.100.53"],
      ["node-1", "2001:db8:53::53"],
    ] as const) {
      const { stdout } = await lab.node(node).exec(["busybox", "nc", address, "2379"], { input: "GET /version HTTP/1.0\r\n\r\n" });
      expect(stdout).toContain("etcdserver");
    }
  });
});

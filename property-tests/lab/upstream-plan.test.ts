/** EX-6: what `farmlab plan --for upstream` prints works when it is pasted into a real router that had nothing of it before. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dialects, planUpstream } from "../../core/plan/index.ts";
import type { Dialect, NextHopKind } from "../../core/plan/index.ts";
import { upstreamProperties } from "../laws/ex-06-upstream.ts";
import { internet4Properties } from "../laws/ex-09-internet4.ts";
import { internet6Properties } from "../laws/ex-08-internet6.ts";
import type { Property } from "../laws/index.ts";
import type { OpenSession } from "../run/open-session.ts";
import { openFarm } from "./open-farm.fixture.ts";

const router = "upstream";
const link = "swp1";
const waitMs = 20_000;
let open: OpenSession;

/** The farm with a router that is told nothing but its way to the internet. */
function untold(text: string): string {
  const routes = /^ {4}routes:\n(?: {6}- .*\n)+/m;
  expect(text).toMatch(routes);
  return text.replace(routes, "    routes: []\n");
}

beforeAll(async () => {
  open = await openFarm("three-exit-nodes", untold);
});

afterAll(async () => {
  await open?.close();
});

const inRouter = (...argv: readonly string[]): Promise<string> => open.session.read({ node: router }, argv);

/** As it came out of its box and was connected to the provider: no address on PrefixZero, no route but the default ones, no forwarding. */
async function strip(dialect: Dialect): Promise<void> {
  await open.session.lab.node(router).reboot();
  for (const family of ["-4", "-6"]) {
    await expect.poll(() => inRouter("ip", family, "route", "show", "default"), { timeout: waitMs }).toContain("via");
  }
  if (dialect === "linux") {
    // What FRR has installed goes with it; a router without it has its default routes from elsewhere.
    for (const daemon of ["staticd", "zebra", "mgmtd"]) await open.session.lab.node(router).services.stop(daemon);
    await inRouter("ip", "-6", "route", "replace", "default", "via", "fe80::ffff", "dev", "wan");
    await inRouter("ip", "route", "replace", "default", "via", "192.0.2.1", "dev", "wan", "onlink");
  }
  await inRouter("ip", "address", "flush", "dev", link);
  await inRouter("sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=0", "net.ipv4.ip_forward=0");
  expect(await inRouter("ip", "address", "show", "dev", link)).not.toContain("inet");
}

/** What a person does who has the lines before them. */
async function paste(dialect: Dialect, nextHop: NextHopKind): Promise<void> {
  const [upstream] = open.session.farm.upstreams;
  const plan = upstream === undefined ? undefined : planUpstream(open.session.farm, upstream, { interface: link, nextHop });
  if (plan === undefined) throw new Error("nothing is printed for the router");
  const input = `${dialects[dialect].lines(plan).join("\n")}\n`;
  const argv = dialect === "frr" ? ["vtysh"] : ["sh", "-e"];
  const { code, stdout, stderr } = await open.session.lab.node(router).exec(argv, { input });
  // vtysh shows what it reads, and goes on after a line that it does not know.
  expect({ code, stderr, refused: stdout.split("\n").filter((line) => line.includes("%")) }).toEqual({ code: 0, stderr: "", refused: [] });
}

const stories = async (properties: readonly Property[]): Promise<string[]> => {
  const outcomes = await Promise.all(properties.map(async (property) => await property.run(open.session)));
  return outcomes.flatMap(({ verdict, why }) => (verdict === "passed" ? [] : [`${verdict}: ${why ?? ""}`]));
};

describe("EX-6 a router that is told the printed lines", () => {
  // A router of plain Linux has no FRR to be asked what it was told.
  const tables = { linux: upstreamProperties.slice(0, 1), frr: upstreamProperties };

  it.each([
    ["frr", "link-local"],
    ["frr", "prefix-zero"],
    ["linux", "link-local"],
    ["linux", "prefix-zero"],
  ] as const)("in %s, by next hops that are %s, holds what it must and carries both families", async (dialect, nextHop) => {
    await strip(dialect);
    expect((await stories(tables[dialect])).join("\n")).toContain("has no route to 2a10:c0de:7:1000::/52");
    await paste(dialect, nextHop);
    await paste(dialect, nextHop);
    await expect.poll(() => stories(tables[dialect]), { timeout: waitMs }).toEqual([]);
    expect(await stories([...internet6Properties, ...internet4Properties])).toEqual([]);
    const routes = await inRouter("ip", "-6", "route", "show", "2a10:c0de:7:a000::/52");
    expect(routes).toContain(nextHop === "link-local" ? "via fe80::a000:0:0:1 dev swp1" : "via 2a10:c0de:7:0:a000::1");
  });
});

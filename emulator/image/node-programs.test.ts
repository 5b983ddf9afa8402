import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { NodeConfig, Topology } from "../topology/index.ts";
import { missingPackages } from "./node-programs.ts";

const folder = mkdtempSync(join(tmpdir(), "farmlab-programs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const topology = (config: NodeConfig): Topology => ({
  name: "one",
  seed: 1,
  nodes: [{ name: "node", init: true, role: "host", config }],
  links: [],
});
const service = (...argv: readonly string[]): NodeConfig => ({ services: [{ name: "one", argv, restart: "never" }] });

function put(...names: readonly string[]): void {
  for (const name of names) {
    writeFileSync(join(folder, name), "#!/bin/sh\n");
    chmodSync(join(folder, name), 0o755);
  }
}

describe("packages that a topology's nodes take and this machine lacks", () => {
  it("none, where nodes run nothing that only the image has", () => {
    expect(missingPackages(topology({}), folder)).toEqual([]);
    expect(missingPackages(topology(service("/bin/sleep", "1")), folder)).toEqual([]);
  });

  it("by the programs that services, shells and rulesets run", () => {
    const frr = topology(service("/bin/sh", "-c", 'x; exec "$0" "$@"', "/usr/lib/frr/mgmtd", "-P", "0"));
    expect(missingPackages(frr, folder)).toEqual(["frr"]);
    // Another FRR than the image's, without that daemon, will not do.
    put("zebra", "staticd");
    expect(missingPackages(frr, folder)).toEqual(["frr"]);
    put("mgmtd");
    expect(missingPackages(frr, folder)).toEqual([]);
    expect(missingPackages(topology(service("/bin/sh", "-c", "{ busybox mount; }")), folder)).toEqual(["busybox"]);
    expect(missingPackages(topology({ nft: "add table ip x" }), folder)).toEqual(["nftables"]);
    const agent = topology(service("/usr/lib/farmlab/node", "/usr/lib/farmlab/agent.cjs"));
    expect(missingPackages(agent, folder)).toEqual(["iproute2", "nftables", "wireguard-go", "wireguard-tools"]);
  });

  it("looks where nodes look", () => {
    const header = readFileSync(new URL("../native/node.h", import.meta.url), "utf8");
    const source = readFileSync(new URL("node-programs.ts", import.meta.url), "utf8");
    const path = /#define NODE_PATH "([^"]+)"/.exec(header)?.[1] ?? "missing";
    expect(source).toContain(`"${path}"`);
  });
});

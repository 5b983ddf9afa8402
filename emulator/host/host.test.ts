import { describe, expect, it } from "vitest";
import { attemptLinks } from "./attempts.ts";
import { probeHost, requireSandbox, requireTunnels } from "./index.ts";
import type { Capability, HostReport } from "./index.ts";
import { labProbes } from "./lab-probes.ts";
import { manyTunnels, tunnelLimit } from "./tunnel-limit.ts";

const capability = (name: string, changes: Partial<Capability> = {}): Capability => ({
  capability: name,
  area: "labs",
  present: true,
  tried: true,
  required: true,
  usedFor: "labs",
  standIn: null,
  how: null,
  answer: null,
  found: null,
  ...changes,
});

const machine = { kernel: "6.12.0", architecture: "x64", cores: 2, memoryBytes: 2 ** 33, freeMemoryBytes: 2 ** 32 };
const report = (root: boolean, ...capabilities: Capability[]): HostReport => ({ root, machine, capabilities, choices: {} });

describe("requireSandbox", () => {
  it("accepts a host that lacks only what has a stand-in", () => {
    const host = report(
      true,
      capability("namespaces"),
      capability("wireguard", { present: false, required: false, standIn: "wireguard-go" }),
    );
    expect(requireSandbox(host).ok).toBe(true);
  });

  it("names missing namespaces alone, with the way out: without them nothing else could be tried", () => {
    const refused = { present: false, answer: "Operation not permitted", how: "run as root" };
    const outcome = requireSandbox(report(false, capability("namespaces", refused), capability("veth", refused)));
    expect(outcome.problems.map(({ code, hint }) => [code, hint])).toEqual([["no-namespaces", "run as root"]]);
  });

  it("takes what could not be looked at for no reason", () => {
    const unknown = capability("nftables", { present: false, tried: false, answer: "unshare: failed to execute nft" });
    expect(requireSandbox(report(true, capability("namespaces"), unknown)).ok).toBe(true);
  });

  it("says what the user lacks of what only users who are not root take", () => {
    const lacking = capability("subordinate-ids", { present: false, answer: "newuidmap not found", how: "apt-get install uidmap" });
    const { problems } = requireSandbox(report(false, capability("namespaces"), lacking));
    expect(problems).toEqual([
      {
        severity: "error",
        code: "no-subordinate-ids",
        message: "this user lacks subordinate-ids, used for labs: newuidmap not found",
        hint: "apt-get install uidmap",
      },
    ]);
  });

  it("names every missing part otherwise", () => {
    const outcome = requireSandbox(
      report(true, capability("namespaces"), capability("veth", { present: false }), capability("bridge", { present: false })),
    );
    expect(outcome.problems.map(({ code }) => code)).toEqual(["no-veth", "no-bridge"]);
  });
});

describe("requireTunnels", () => {
  const tun = capability("tun", { present: false, required: false, answer: "EACCES", how: "chmod 666 /dev/net/tun" });
  const wireguard = (present: boolean): Capability => capability("wireguard", { present, required: false });

  it("takes WireGuard in the kernel or a TUN device", () => {
    expect(requireTunnels(report(false, tun, wireguard(true))).ok).toBe(true);
    expect(requireTunnels(report(false, capability("tun"), wireguard(false))).ok).toBe(true);
    const { problems } = requireTunnels(report(false, tun, wireguard(false)));
    expect(problems.map(({ code, hint }) => [code, hint])).toEqual([["no-tun", "chmod 666 /dev/net/tun"]]);
  });
});

describe("manyTunnels", () => {
  it("tells how many tunnels of wireguard-go may run, where they are few", () => {
    expect(tunnelLimit(() => "128\n")).toBe(112);
    expect(manyTunnels(() => "128\n")).toEqual({ refusal: "about 112 at once, in all labs together" });
    expect(manyTunnels(() => "1024\n")).toEqual({});
  });

  it("says nothing where the kernel does not tell", () => {
    const untold = (): string => {
      throw new Error("ENOENT");
    };
    expect([tunnelLimit(untold), manyTunnels(untold)]).toEqual([undefined, {}]);
  });
});

describe("probeHost", () => {
  it("looks for what is required alone when asked to", async () => {
    const { capabilities, choices } = await probeHost("required");
    const ofUsers = process.getuid?.() === 0 ? [] : ["subordinate-ids"];
    expect(capabilities.map(({ capability: name }) => name)).toEqual(["namespaces", "veth", "bridge", "nftables", ...ofUsers]);
    expect(Object.keys(choices)).toEqual(["sandbox"]);
  });

  it("says for every missing part what refused and how to get it, and makes a choice for every subject", async () => {
    const host = await probeHost();
    expect(host.machine.cores).toBeGreaterThan(0);
    expect(host.machine.freeMemoryBytes).toBeLessThanOrEqual(host.machine.memoryBytes);
    for (const one of host.capabilities) {
      expect([one.capability, one.answer === null, one.how === null]).toEqual([one.capability, one.present, one.present]);
    }
    expect(Object.keys(host.choices).toSorted()).toEqual(["bond", "netem", "sandbox", "vlan", "vrf", "wireguard"]);
  });

  it("tells the links that the kernel has from those that it has not, of many that are asked for together", async () => {
    const host = await probeHost();
    const links = ["veth", "bridge", "wireguard", "vrf", "vlan", "bridge-vlans", "bond"];
    const asked = { root: host.root, rootfs: undefined, native: undefined, mapped: [] };
    for (const name of links) {
      const probe = labProbes.find((one) => one.capability === name);
      // Alone in its namespace: the answer cannot be another link's.
      const alone = await probe?.attempt({ ...asked, link: async (words) => (await attemptLinks(undefined, [words]))[0] });
      const found = host.capabilities.find((one) => one.capability === name);
      expect([name, found?.answer ?? undefined]).toEqual([name, alone?.refusal]);
    }
  });
});

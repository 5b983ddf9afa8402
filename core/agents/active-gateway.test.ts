import { describe, expect, it } from "vitest";
import type { NodePlan } from "../plan/index.ts";
import { ActiveGateway } from "./active-gateway.ts";

const planWith = (addresses: readonly string[]): NodePlan => ({
  node: "node-1",
  namespaces: [
    {
      ...{ name: "gateway", links: [], routes: [], policies: [], sysctls: {}, tables: [] },
      addresses: [
        { link: "pub-1-6", address: "fe80::1000:0:0:2/64" },
        ...addresses.map((address) => ({ link: "pub-1-6", address, by: "vrrp" as const })),
      ],
    },
  ],
  services: [],
});

const waiting = (address: string): string[] => [`waiting until VRRP gives ${address} to pub-1-6`];

/** A gateway that has what it is told to have, in a time of its own. */
function gatewayWorld() {
  let nowMs = 0;
  let here: readonly string[] = [];
  let changes = 0;
  let looks = 0;
  const gateway = new ActiveGateway({
    programs: {
      run: async () => {
        looks += 1;
        return { code: 0, stdout: JSON.stringify([{ addr_info: here.map((local) => ({ local, protocol: "keepalived" })) }]), stderr: "" };
      },
    },
    clock: {
      nowMs: () => nowMs,
      pause: async (milliseconds) => {
        nowMs += milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
    random: () => 0.5,
    signal: new AbortController().signal,
    onChange: () => {
      changes += 1;
    },
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    gateway,
    until,
    has: (...addresses: string[]) => (here = addresses),
    nowMs: () => nowMs,
    changes: () => changes,
    looks: () => looks,
  };
}

describe("EX-15 the gateway of an exit node that has a partner", () => {
  it("is waited for until it has all of its addresses", async () => {
    const { gateway, until, has, changes } = gatewayWorld();
    gateway.applied(planWith(["fe80::1000:0:0:1/64", "185.206.125.101/24"]));
    expect(gateway.waits).toEqual(waiting("fe80::1000:0:0:1"));
    has("fe80::1000:0:0:2", "fe80::1000:0:0:1");
    await until(() => gateway.waits[0] === waiting("185.206.125.101")[0]);
    has("fe80::1000:0:0:2", "fe80::1000:0:0:1", "185.206.125.101");
    await until(() => gateway.waits.length === 0);
    expect(changes()).toBe(2);
  });

  it("is waited for again where it is to have one more, and only then", async () => {
    const { gateway, until, has, looks } = gatewayWorld();
    has("fe80::1000:0:0:1");
    gateway.applied(planWith(["fe80::1000:0:0:1/64"]));
    await until(() => gateway.waits.length === 0);
    gateway.applied(planWith(["fe80::1000:0:0:1/64"]));
    expect([gateway.waits, looks()]).toEqual([[], 1]);
    gateway.applied(planWith(["fe80::1000:0:0:1/64", "185.206.125.200/32"]));
    await until(() => gateway.waits[0] === waiting("185.206.125.200")[0]);
    has("fe80::1000:0:0:1", "185.206.125.200");
    await until(() => gateway.waits.length === 0);
  });

  it("is not waited for where it has none for so long that they are the partner's", async () => {
    const { gateway, until, nowMs } = gatewayWorld();
    gateway.applied(planWith(["fe80::1000:0:0:1/64"]));
    await until(() => gateway.waits.length === 0);
    expect(nowMs()).toBeGreaterThanOrEqual(3000);
    expect(nowMs()).toBeLessThan(3100);
  });

  it("is nothing to wait for on a node without", () => {
    const { gateway } = gatewayWorld();
    gateway.applied(planWith(["fe80::1000:0:0:1/64"]));
    gateway.applied(planWith([]));
    expect(gateway.waits).toEqual([]);
  });
});

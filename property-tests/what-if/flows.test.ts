import { describe, expect, it } from "vitest";
import { flowsOf, worldWith } from "./farm.fixture.ts";
import { chooseFlows, flowsOfExpectation, flowsThatWork, leastLostOf } from "./flows.ts";

const plain = worldWith();
const ofExpectation = (text: string): string[] => {
  const world = worldWith(text);
  return world.farm.expectations.flatMap((one) => flowsOfExpectation(world, one)).map((flow) => flow.text);
};

describe("the flows of a farm that should work", () => {
  const texts = flowsThatWork(plain).map(({ text }) => text);

  it("are within networks, to the internet and from it, each once", () => {
    expect(new Set(texts).size).toBe(texts.length);
    // Pairs within networks on two families, each workload to the internet on both, from it on IPv6, and two port forwards.
    expect(texts).toHaveLength(2 * (3 * 2 + 2) + 2 * 5 + 5 + 2);
    expect(texts).toContain("icmp blue/blue-1 > blue/blue-3 IPv4");
    expect(texts).toContain("icmp red/red-2 > internet IPv4");
    expect(texts).toContain("icmp internet > blue/blue-2 IPv6");
    expect(texts).toContain("udp/5353 internet > blue/blue-2 IPv4 at 185.69.166.200");
  });

  it("are by the hosts that are nothing but hosts, not by the store's", () => {
    const hosts = new Set(flowsThatWork(plain).flatMap(({ from, answeredBy }) => [from, answeredBy]));
    const names = [...hosts].flatMap((party) => (party?.kind === "internet-host" ? [party.name] : []));
    expect(names.toSorted()).toEqual(["host-v4", "host-v6"]);
  });
});

describe("the flows of an expectation", () => {
  it("are of every family that both have: from outside, IPv4 only where a port forward leads to it", () => {
    expect(ofExpectation("from: internet, to: blue/blue-1, service: tcp/80")).toEqual([
      "tcp/8080 internet > blue/blue-1 IPv4 at 185.69.166.200",
      "tcp/80 internet > blue/blue-1 IPv6",
    ]);
    expect(ofExpectation("from: internet, to: blue/blue-1")).toEqual(["icmp internet > blue/blue-1 IPv6"]);
    expect(ofExpectation("from: blue/blue-1, to: blue/blue-2, service: udp/53")).toEqual([
      "udp/53 blue/blue-1 > blue/blue-2 IPv4",
      "udp/53 blue/blue-1 > blue/blue-2 IPv6",
    ]);
  });

  it("are of the family that is named, with or without a way", () => {
    expect(ofExpectation("from: red/red-1, to: blue/blue-1, family: ipv4")).toEqual(["icmp red/red-1 > 10.26.188.2 IPv4"]);
    expect(ofExpectation("from: red/red-1, to: blue/blue-1, service: tcp/80, family: ipv4")).toEqual([
      "tcp/8080 red/red-1 > blue/blue-1 IPv4 at 185.69.166.200",
    ]);
  });

  it("try every address where nobody should be reached", () => {
    expect(ofExpectation("from: red/red-1, to: blue/blue-1, service: tcp/80, family: ipv4, reachable: false")).toEqual([
      "tcp/80 red/red-1 > 10.26.188.2 IPv4",
      "tcp/8080 red/red-1 > blue/blue-1 IPv4 at 185.69.166.200",
    ]);
  });

  it("ask the internet for the service that is named", () => {
    expect(ofExpectation("from: blue/blue-1, to: internet, service: tcp/443")).toEqual([
      "tcp/443 blue/blue-1 > internet IPv4",
      "tcp/443 blue/blue-1 > internet IPv6",
    ]);
  });
});

describe("the flows that are watched", () => {
  it("are those of expectations and as many others as there is room for, by the seed", () => {
    const world = worldWith("from: internet, to: blue/blue-1, service: tcp/80");
    const all = flowsOf(world).map(({ text }) => text);
    expect(all.slice(0, 2)).toEqual(["tcp/8080 internet > blue/blue-1 IPv4 at 185.69.166.200", "tcp/80 internet > blue/blue-1 IPv6"]);
    expect(new Set(all).size).toBe(all.length);
    const few = (seed: number): string[] => chooseFlows(world, 9, seed).flows.map(({ text }) => text);
    expect(chooseFlows(world, 9, 1).known).toBe(all.length);
    expect(few(1)).toHaveLength(9);
    expect(few(1).slice(0, 2)).toEqual(all.slice(0, 2));
    expect(few(1)).toEqual(few(1));
    expect(few(2)).not.toEqual(few(1));
  });

  it("may lose single probes where links lose packets all the time", () => {
    expect(leastLostOf(plain)).toBe(1);
    const conditions = [{ on: { kind: "link", link: "home-a:wan" }, down: { loss: 0.01 } }] as const;
    expect(leastLostOf({ ...plain, farm: { ...plain.farm, conditions } })).toBe(3);
  });
});

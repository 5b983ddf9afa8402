import { describe, expect, it } from "vitest";
import type { NetworkIntent, NodeFacts, ResourceIntent } from "../intents/index.ts";
import { address } from "../common/address.fixture.ts";
import { firstFacts, firstFarm } from "./first-farm.fixture.ts";
import { directPeers, wireguardPeers } from "./peers.ts";

const blue = firstFarm.networks.find((network) => network.name === "blue") as NetworkIntent;
const on = (node: string): ResourceIntent => blue.resources.find((resource) => resource.node === node) as ResourceIntent;
const withFacts = (node: string, change: Partial<NodeFacts>): readonly NodeFacts[] =>
  firstFacts.map((facts) => (facts.node === node ? { ...facts, ...change } : facts));
const peerNodes = (node: string, facts: readonly NodeFacts[]): readonly string[] =>
  directPeers(on(node), blue, facts).map((peer) => peer.node);

describe("the mesh", () => {
  it("EX-20 makes two hidden nodes no peers of each other, but of the exit point", () => {
    expect(peerNodes("node-2", firstFacts)).toEqual(["node-1"]);
    expect(peerNodes("node-3", firstFacts)).toEqual(["node-1"]);
    expect(peerNodes("node-1", firstFacts)).toEqual(["node-2", "node-3"]);
  });

  it("EX-20 gives no endpoint for a hidden node, and the exit point's to a hidden one", () => {
    expect(wireguardPeers(on("node-1"), blue, firstFacts).map((peer) => peer.endpoint)).toEqual([undefined, undefined]);
    expect(wireguardPeers(on("node-2"), blue, firstFacts)).toEqual([
      {
        publicKey: firstFacts[0]?.publicKeys["wg-1abc-1"],
        endpoint: "185.69.166.3:6844",
        allowedIps: ["0.0.0.0/0", "::/0"],
        keepaliveSeconds: 20,
      },
    ]);
  });

  it("EX-20 allows from an ordinary resource its four prefixes", () => {
    const peer = wireguardPeers(on("node-1"), blue, firstFacts).find(
      ({ publicKey }) => publicKey === firstFacts[1]?.publicKeys["wg-1b2c-1"],
    );
    expect(peer?.allowedIps).toEqual(["fe80::1b2c/128", "10.255.27.44/32", "10.27.44.0/24", "2a02:1802:5e:1b2c::/64"]);
  });

  it("EX-7 makes peers of two resources where one is public, in a family that the other has", () => {
    const public4 = withFacts("node-2", {
      endpoints: { ipv4: address("203.0.113.7") },
      reachability: { ipv4: "public", ipv6: "none" },
    });
    expect(peerNodes("node-3", public4)).toEqual(["node-1", "node-2"]);
    expect(wireguardPeers(on("node-2"), blue, public4)).toHaveLength(2);
    const public6 = withFacts("node-2", {
      endpoints: { ipv6: address("2001:db8:7::7") },
      reachability: { ipv4: "hidden", ipv6: "public" },
    });
    expect(peerNodes("node-3", public6)).toEqual(["node-1"]);
  });

  it("writes an IPv6 endpoint in brackets and takes it where IPv4 is no way", () => {
    const only6 = withFacts("node-2", { reachability: { ipv4: "none", ipv6: "hidden" } });
    expect(wireguardPeers(on("node-2"), blue, only6)[0]?.endpoint).toBe("[2a02:1802:5e::3]:6844");
  });

  it("leaves out who has not published a key", () => {
    expect(peerNodes("node-1", withFacts("node-2", { publicKeys: {} }))).toEqual(["node-3"]);
    expect(peerNodes("node-2", [])).toEqual([]);
  });
});

/** Against the gateway's rules as nft showed them in a lab of the first farm. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import { followRules, type HookResult } from "./follow-rules.ts";
import type { AtHook } from "./match-rule.ts";
import type { Packet } from "./packet.ts";
import type { Interface } from "./place-tables.ts";
import { readRuleset, type Chain, type Hook } from "./ruleset.ts";

const shown = (ending: string): string => readFileSync(new URL(`first-farm.gateway.${ending}`, import.meta.url), "utf8");
const chains = readRuleset(shown("nft-json"), shown("nft"));
const address = (text: string): Address => parseAddress(text)!;
const link = (name: string, ...addresses: readonly string[]): Interface => ({
  ...{ name, index: 2, mac: "", isUp: true, kind: "veth", group: "default", addresses: addresses.map(address) },
});
const [up, blue, red] = [link("pub-1-1", "185.69.166.123"), link("to-1abc-1"), link("to-1123-1")];

const packet = (source: string, destination: string, more: Partial<Packet> = {}): Packet => ({
  ...{
    source: address(source),
    destination: address(destination),
    protocol: "tcp",
    sourcePort: 29_000,
    destinationPort: 80,
    isAnswer: false,
  },
  ...more,
});

const at = (hook: Hook, given: Partial<AtHook> & { readonly packet: Packet }, from: readonly Chain[] = chains): HookResult =>
  followRules(from, hook, { state: "new", isDestinationTranslated: false, ...given });

describe("the gateway's rules", () => {
  it("are read with nft's own words, without what they have counted", () => {
    const forward = chains.find(({ name }) => name === "forward");
    expect(forward?.base).toEqual({ type: "filter", hook: "forward", priority: 0, policy: "drop" });
    expect(forward?.rules.map(({ text, packets }) => `${text} ${packets}`)).toContain(
      'farmlab/forward: iifname "to-*" ip saddr 10.0.0.0/8 accept 0',
    );
    expect(chains.flatMap(({ rules }) => rules).every(({ text }) => !text.includes('{"') && !text.includes("counter"))).toBe(true);
  });

  it("drop private destinations from upstream, and nothing else there", () => {
    expect(at("prerouting", { packet: packet("198.51.100.4", "10.26.188.2"), in: up })).toMatchObject({
      verdict: "drop",
      rules: ['farmlab/from-upstream: iifname "pub-1-1" ip daddr { 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 } drop'],
    });
    expect(at("prerouting", { packet: packet("198.51.100.4", "10.26.188.2"), in: blue }).verdict).toBe("accept");
    expect(at("prerouting", { packet: packet("2001:db8::1", "2a02:1802:5e:1abc::2"), in: up }).verdict).toBe("accept");
  });

  it("translate a forwarded port, which is then let through from upstream", () => {
    const arrived = at("prerouting", {
      packet: packet("198.51.100.4", "185.69.166.200", { protocol: "udp", destinationPort: 5353 }),
      in: up,
    });
    expect(arrived.packet).toMatchObject({ destination: address("10.27.44.2"), destinationPort: 53 });
    expect(arrived.isDestinationTranslated).toBe(true);
    const through = at("forward", { ...arrived, in: up, out: blue });
    expect(through).toMatchObject({ verdict: "accept", rules: ["farmlab/forward: meta nfproto ipv4 ct status dnat accept"] });
  });

  it("keep exit points apart, by the rule before the one that lets networks out", () => {
    expect(at("forward", { packet: packet("10.26.188.2", "10.17.35.2"), in: blue, out: red })).toMatchObject({
      verdict: "drop",
      rules: ['farmlab/forward: iifname "to-*" oifname "to-*" meta nfproto ipv4 drop'],
    });
    expect(at("forward", { packet: packet("10.26.188.2", "198.51.100.4"), in: blue, out: up }).verdict).toBe("accept");
  });

  it("translate sources towards upstream once, of a flow's first packet alone", () => {
    const leaving = { packet: packet("10.26.188.2", "198.51.100.4"), in: blue, out: up };
    expect(at("postrouting", leaving).packet.source).toEqual(address("185.69.166.123"));
    const untranslated = at("postrouting", { ...leaving, state: "established" });
    expect(untranslated).toMatchObject({ verdict: "drop", packet: { source: address("10.26.188.2") } });
  });

  it("drop by policy where no rule accepts, and the policy is told", () => {
    const stranger = at("input", { packet: packet("198.51.100.4", "185.69.166.123"), in: up });
    expect(stranger).toMatchObject({ verdict: "drop", rules: ["farmlab/input: policy drop"], doubts: [] });
    expect(at("input", { packet: packet("198.51.100.4", "185.69.166.123", { protocol: "icmp" }), in: up }).verdict).toBe("accept");
  });
});

it("leaves open what depends on a set that changes while packets pass, and says so", () => {
  const rule = (right: unknown): Chain => ({
    ...{ family: "ip", table: "router", name: "in", base: { type: "filter", hook: "forward", priority: 0, policy: "accept" } },
    rules: [
      {
        text: "router/in: ip saddr @seen drop",
        expressions: [{ match: { op: "==", left: { payload: { protocol: "ip", field: "saddr" } }, right } }, { drop: null }],
        packets: undefined,
      },
    ],
  });
  const open = at("forward", { packet: packet("198.51.100.4", "10.0.0.1") }, [rule("@seen")]);
  expect(open).toMatchObject({ verdict: "accept", doubts: ["router/in: ip saddr @seen drop"] });
  expect(at("forward", { packet: packet("198.51.100.4", "10.0.0.1") }, [rule("198.51.100.4")]).verdict).toBe("drop");
});

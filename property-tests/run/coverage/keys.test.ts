import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue, parsePrefix } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import { describeWorld } from "../../oracle/index.ts";
import { readRuleWords } from "../views/tables/rule-words.ts";
import { roleOf, routeKey, ruleKey } from "./keys.ts";

const file = new URL("../../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const world = describeWorld(expectValue(loadFarm(readFileSync(file, "utf8"), file)).farm);
const route = (prefix: string, link: string, type = "unicast"): string =>
  routeKey(world, "gateway", { type, prefix: parsePrefix(prefix)!, interface: link });

it("calls namespaces by what they are there for", () => {
  const places = ["node-1/gateway", "node-1/net-1abc-1", "node-2", "node-1/public", "upstream", "home-a"];
  expect(places.map((where) => roleOf(world, where))).toEqual(["gateway", "NR", "node", "public", "upstream", "surroundings"]);
});

it("calls routes by what they lead to and over which kind of link", () => {
  expect(route("2a02:1802:5e:1b2c::/64", "to-1abc-1")).toBe("route:gateway/NR6 dev to-*");
  expect(route("10.27.44.0/24", "to-1abc-1")).toBe("route:gateway/NR4 dev to-*");
  expect(route("10.255.27.44/32", "to-1abc-1")).toBe("route:gateway/transit dev to-*");
  expect(route("2a02:1802:5e::/64", "pub-1-1")).toBe("route:gateway/prefix-zero dev pub-*");
  expect(route("2a02:1802:5e:1000::/52", "lo", "unreachable")).toBe("route:gateway/unreachable part");
  expect(route("169.254.0.0/16", "lo", "unreachable")).toBe("route:gateway/unreachable 169.254.0.0/16");
  expect(route("::/0", "pub-1-1")).toBe("route:gateway/::/0 dev pub-*");
});

it("leaves of rules what every farm has, and counts what they have counted", () => {
  const text = readFileSync(new URL("../views/tables/first-farm.gateway.nft", import.meta.url), "utf8");
  const counted = readRuleWords(text.replace('iifname "pub-1-1" ip6 daddr fc00::/7 counter packets 0', 'iifname "pub-1-1" ip6 daddr fc00::/7 counter packets 7'));
  expect(counted).toHaveLength(27);
  expect(counted.filter(({ packets }) => packets > 0).map((rule) => rule.text)).toEqual(['farmlab/from-upstream: iifname "pub-1-1" ip6 daddr fc00::/7 drop']);
  expect(counted.map((rule) => ruleKey("gateway", rule.text))).toMatchSnapshot();
});

it("calls tables and chains that are one NR's or one port's by what they are there for", () => {
  const text = 'farmlab-1abc-1/from-workloads: iifname vmap { "v-1abc-2" : jump v-1abc-2 }';
  expect(ruleKey("node", text)).toBe('rule:node/farmlab-*/from-workloads: iifname vmap');
  expect(ruleKey("node", "farmlab-1abc-1/v-1abc-2: ether saddr != 02:78:5b:85:5d:7b drop")).toBe(
    "rule:node/farmlab-*/v-*: ether saddr != ADDRESS drop",
  );
});

import { describe, expect, it } from "vitest";
import { settle } from "../allocate/index.ts";
import type { NetworkWish, Wishes } from "../intents/index.ts";
import { encodeIntents, encodeNetworkGrant, encodeNumberGrant, intentKeys, type StoreEvent } from "../store/index.ts";
import { intentsOfOneNetwork } from "./farm.fixture.ts";
import { StoreView } from "./store-view.ts";

const before: Wishes = { ...intentsOfOneNetwork(["node-2"], []), nodes: intentsOfOneNetwork(["node-2", "node-3"], []).nodes };
const [blue] = before.networks;
/** With one NR more, and who lives there. */
const joined: NetworkWish = {
  ...blue!,
  resources: [...blue!.resources, { node: "node-3", exitPoint: false }],
  workloads: [{ name: "blue-3", node: "node-3", host: 2, services: [] }],
};
const after: Wishes = { ...before, networks: [joined] };

const textsOf = (wishes: Wishes, grantedFor: Wishes): ReadonlyMap<string, string> => {
  const { numbers, networks } = settle(new Map(), grantedFor, { nowMs: 0 });
  return new Map([
    ...encodeIntents(wishes),
    ...numbers.map((grant) => [intentKeys.numberGrant(grant.allocationNumber), encodeNumberGrant(grant)] as const),
    ...networks.map((grant) => [intentKeys.networkGrant(grant.network), encodeNetworkGrant(grant)] as const),
  ]);
};

describe("the list as it was granted", () => {
  const view = new StoreView({ onChange: () => {}, onSnapshot: () => {}, onEvent: () => {} });
  let revision = 1;
  const entriesOf = (texts: ReadonlyMap<string, string>): Omit<StoreEvent & { kind: "put" }, "kind">[] =>
    [...texts].map(([key, value]) => ({ key, value, revision }));
  view.handlers.snapshot({ cluster: "1", revision, entries: entriesOf(textsOf(before, before)) });
  const first = view.granted;
  const write = (texts: ReadonlyMap<string, string>): void => {
    revision += 1;
    view.handlers.events(
      entriesOf(texts).map((entry) => ({ kind: "put", ...entry })),
      revision,
    );
  };

  it("is the very same while a resource that was wished has no prefix, whoever is to live there, and tells of that", () => {
    write(textsOf(after, before));
    expect(view.granted.list).toBe(first.list);
    expect(view.granted.missing).toEqual([{ network: "blue", node: "node-3" }]);
  });

  it("has the resource with who lives there once it was granted", () => {
    write(textsOf(after, after));
    expect(view.granted.missing).toEqual([]);
    const [network] = view.granted.list.networks;
    expect(network?.resources.map(({ node }) => node)).toEqual(["node-1", "node-2", "node-3"]);
    expect(network?.workloads).toEqual(joined.workloads);
    expect(view.granted.list.nodes).toBe(first.list.nodes);
  });
});

import { describe, expect, it } from "vitest";
import { StoreContents } from "./contents.ts";
import { intentKeys } from "./keys.ts";

const node = (name: string): string => JSON.stringify({ name });
const at = (key: string, value: string, revision = 1): { key: string; value: string; revision: number } => ({ key, value, revision });

describe("a store's contents", () => {
  it("follow snapshots and events", () => {
    const contents = new StoreContents();
    contents.replace({
      cluster: "1",
      revision: 3,
      entries: [at("/farmlab/intents/nodes/b", node("b")), at("/farmlab/intents/nodes/a", node("a"))],
    });
    expect(contents.wishes().nodes.map((one) => one.name)).toEqual(["a", "b"]);
    contents.change(
      [
        { kind: "delete", key: "/farmlab/intents/nodes/a", revision: 4 },
        { kind: "put", ...at("/farmlab/intents/nodes/c", node("c"), 4) },
      ],
      4,
    );
    expect(contents.wishes().nodes.map((one) => one.name)).toEqual(["b", "c"]);
    expect(contents.revision).toBe(4);
    contents.replace({ cluster: "1", revision: 9, entries: [] });
    expect(contents.wishes().nodes).toEqual([]);
  });

  it.each([
    ["half a text", '{"name":"a'],
    ["nothing", ""],
    ["another shape", '{"name":7}'],
    ["another node's value", node("b")],
  ])("keep the last good value when a key is given %s, and say so until it is good again", (_what, text) => {
    const contents = new StoreContents();
    const key = "/farmlab/intents/nodes/a";
    contents.replace({ cluster: "1", revision: 1, entries: [at(key, node("a"))] });
    contents.change([{ kind: "put", ...at(key, text, 2) }], 2);
    expect(contents.wishes().nodes.map((one) => one.name)).toEqual(["a"]);
    expect(contents.problems).toHaveLength(1);
    expect(contents.problems[0]).toContain(key);
    contents.change([{ kind: "put", ...at(key, node("a"), 3) }], 3);
    expect(contents.problems).toEqual([]);
  });

  const wish = JSON.stringify({
    ...{ name: "blue", kind: "exit-node", allocationNumber: 1, ownedIpv4: [], workloads: [], portForwards: [] },
    resources: [{ node: "a", exitPoint: true }],
  });
  const grant = JSON.stringify({
    network: "blue",
    allocationNumber: 1,
    exitNode: 1,
    resources: [{ node: "a", prefix: "2a02:1802:5e:1abc::/64" }],
    refused: [],
  });
  const [wishKey, grantKey] = [intentKeys.network("blue"), intentKeys.networkGrant("blue")];
  const granted = (contents: StoreContents): readonly string[] => contents.grants().networks.map(({ network }) => network);

  it("keep a grant that vanishes in force until its wish vanishes too", () => {
    const contents = new StoreContents();
    contents.replace({ cluster: "1", revision: 1, entries: [at(wishKey, wish), at(grantKey, grant)] });
    expect([granted(contents), contents.grantKeys()]).toEqual([["blue"], [grantKey]]);
    contents.change([{ kind: "delete", key: grantKey, revision: 2 }], 2);
    expect([granted(contents), contents.grantKeys(), contents.text(grantKey)]).toEqual([["blue"], [], undefined]);
    contents.change([{ kind: "delete", key: wishKey, revision: 3 }], 3);
    expect(granted(contents)).toEqual([]);
    contents.change([{ kind: "put", ...at(wishKey, wish, 4) }], 4);
    expect(granted(contents)).toEqual([]);
  });

  it("begin, after a loss, with the grants of before, until wishes are there that do not need them", () => {
    const before = new StoreContents();
    before.replace({ cluster: "1", revision: 9, entries: [at(wishKey, wish), at(grantKey, grant)] });
    const contents = new StoreContents();
    contents.inherit(before);
    contents.replace({ cluster: "1", revision: 1, entries: [] });
    contents.change([{ kind: "put", ...at("/farmlab/facts/a", "no", 2) }], 2);
    contents.change([{ kind: "put", ...at(wishKey, wish, 3) }], 3);
    expect([granted(contents), contents.grantKeys()]).toEqual([["blue"], []]);
    contents.change([{ kind: "put", ...at(grantKey, grant, 4) }], 4);
    expect([granted(contents), contents.grantKeys()]).toEqual([["blue"], [grantKey]]);
    const others = new StoreContents();
    others.inherit(before);
    others.replace({ cluster: "1", revision: 1, entries: [at("/farmlab/intents/nodes/a", node("a"))] });
    expect(granted(others)).toEqual([]);
  });

  it("pass over keys of others, and forget a bad value with its key", () => {
    const contents = new StoreContents();
    contents.replace({ cluster: "1", revision: 1, entries: [at("/farmlab/else", "x"), at("/other", "y"), at("/farmlab/facts/a", "no")] });
    expect(contents.problems).toHaveLength(1);
    contents.change([{ kind: "delete", key: "/farmlab/facts/a", revision: 2 }], 2);
    expect(contents.problems).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { StoreContents } from "./contents.ts";

const node = (name: string): string => JSON.stringify({ name });
const at = (key: string, value: string, revision = 1): { key: string; value: string; revision: number } => ({ key, value, revision });

describe("a store's contents", () => {
  it("follow snapshots and events", () => {
    const contents = new StoreContents();
    contents.replace({ revision: 3, entries: [at("/farmlab/intents/nodes/b", node("b")), at("/farmlab/intents/nodes/a", node("a"))] });
    expect(contents.intents().nodes.map((one) => one.name)).toEqual(["a", "b"]);
    contents.change(
      [
        { kind: "delete", key: "/farmlab/intents/nodes/a", revision: 4 },
        { kind: "put", ...at("/farmlab/intents/nodes/c", node("c"), 4) },
      ],
      4,
    );
    expect(contents.intents().nodes.map((one) => one.name)).toEqual(["b", "c"]);
    expect(contents.revision).toBe(4);
    contents.replace({ revision: 9, entries: [] });
    expect(contents.intents().nodes).toEqual([]);
  });

  it.each([
    ["half a text", '{"name":"a'],
    ["nothing", ""],
    ["another shape", '{"name":7}'],
    ["another node's value", node("b")],
  ])("keep the last good value when a key is given %s, and say so until it is good again", (_what, text) => {
    const contents = new StoreContents();
    const key = "/farmlab/intents/nodes/a";
    contents.replace({ revision: 1, entries: [at(key, node("a"))] });
    contents.change([{ kind: "put", ...at(key, text, 2) }], 2);
    expect(contents.intents().nodes.map((one) => one.name)).toEqual(["a"]);
    expect(contents.problems).toHaveLength(1);
    expect(contents.problems[0]).toContain(key);
    contents.change([{ kind: "put", ...at(key, node("a"), 3) }], 3);
    expect(contents.problems).toEqual([]);
  });

  it("pass over keys of others, and forget a bad value with its key", () => {
    const contents = new StoreContents();
    contents.replace({ revision: 1, entries: [at("/farmlab/else", "x"), at("/other", "y"), at("/farmlab/facts/a", "no")] });
    expect(contents.problems).toHaveLength(1);
    contents.change([{ kind: "delete", key: "/farmlab/facts/a", revision: 2 }], 2);
    expect(contents.problems).toEqual([]);
  });
});

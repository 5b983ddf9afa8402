import { describe, expect, test } from "vitest";
import type { Farm } from "../../core/farm/index.ts";
import { createLog } from "../../core/agents/log.ts";
import { agentNotes, readNote } from "./agent-notes.ts";

const zero = Date.parse("2026-01-02T03:04:05.000Z");

function logOf(...entries: readonly (readonly [atMs: number, event: string, fields?: Readonly<Record<string, unknown>>])[]): string {
  let text = "";
  for (const [atMs, event, fields] of entries)
    createLog(
      (line) => (text += line),
      () => new Date(zero + atMs),
    )(event, fields);
  return text;
}

describe("notes of agents", () => {
  test("are those that were written between the two times, of all nodes in the order of time", async () => {
    const logs: Readonly<Record<string, string>> = {
      "node-1": `{"at":"cut${logOf([-3000, "started"], [20, "applied", { changes: 3 }])}`,
      "node-2": logOf([10, "again", { why: "a peer came" }], [9000, "ended"]),
    };
    const farm = { nodes: [...Object.keys(logs), "gone"].map((name) => ({ name, emulate: true })) } as unknown as Farm;
    const read = ({ node }: { readonly node: string }): Promise<string> => {
      const log = logs[node];
      return log === undefined ? Promise.reject(new Error(`${node} is off`)) : Promise.resolve(log);
    };
    expect(await agentNotes({ farm, read }, zero, zero + 1000)).toEqual([
      { at: zero + 10, node: "node-2", text: 'again {"why":"a peer came"}' },
      { at: zero + 20, node: "node-1", text: 'applied {"changes":3}' },
    ]);
  });

  test("are short", () => {
    expect(readNote("node-1", logOf([0, "failed", { why: "x".repeat(5000) }]))?.text.length).toBeLessThan(250);
  });

  test("are none where a line is none", () => {
    for (const line of ["", "{}", "[1]", "null", '{"at":"no time of any calendar","event":"started"}', '{"at":"2026-01-02T03:04:05Z"}'])
      expect(readNote("node-1", line)).toBeUndefined();
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStatusServer } from "./status-server.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-status-"));
  path = join(folder, "agent.sock");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the status socket", () => {
  it("gives all at once, then what is new, and replaces a stale socket file", async () => {
    writeFileSync(path, "left by an agent that is gone");
    const server = await openStatusServer(path, { status: "1", facts: "[]" });
    const lines = createInterface(connect(path))[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('{"status":1,"facts":[]}');
    server.tell({ status: "1", facts: "[]" });
    server.tell({ status: "2", facts: "[]" });
    server.tell({ status: "2", facts: "[3]" });
    expect([(await lines.next()).value, (await lines.next()).value]).toEqual(['{"status":2}', '{"status":2,"facts":[3]}']);
    server.tell({ status: "4", facts: "[3]" });
    const late = createInterface(connect(path))[Symbol.asyncIterator]();
    expect((await late.next()).value).toBe('{"status":4,"facts":[3]}');
    await server.close();
    expect((await lines.next()).value).toBe('{"status":4}');
    expect((await lines.next()).done).toBe(true);
  });
});

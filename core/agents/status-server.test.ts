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
  it("gives the current line at once, then each new one, and replaces a stale socket file", async () => {
    writeFileSync(path, "left by an agent that is gone");
    const server = await openStatusServer(path, "one");
    const lines = createInterface(connect(path))[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("one");
    server.tell("one");
    server.tell("two");
    server.tell("three");
    expect([(await lines.next()).value, (await lines.next()).value]).toEqual(["two", "three"]);
    const late = createInterface(connect(path))[Symbol.asyncIterator]();
    expect((await late.next()).value).toBe("three");
    await server.close();
    expect((await lines.next()).done).toBe(true);
  });
});

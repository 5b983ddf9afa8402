import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { defaultLimits, openTransport } from "./transport.ts";

const folder = mkdtempSync(join(tmpdir(), "transport-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("is patient with a socket of this machine: a caller that is held up takes its own delay for no lost connection", async () => {
  const path = join(folder, "store.sock");
  const server = createServer((_, response) => void response.end('{"revision":"1"}'));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const transport = openTransport([`unix:${path}`], { ...defaultLimits, firstConnectWaitMs: 1 });
  try {
    const answer = transport.call("/v3/kv/range", {});
    const untilMs = performance.now() + 30;
    while (performance.now() < untilMs);
    expect(await answer).toEqual({ revision: "1" });
  } finally {
    transport.close();
    server.close();
  }
});

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openInitClient } from "./init-client.ts";

let folder: string;
let path: string;
let server: Server;
const seen: string[] = [];
let answer: (socket: Socket) => void = (socket) => void socket.write("ok\n");

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-init-"));
  path = join(folder, "init.sock");
  seen.length = 0;
  server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      seen.push(data.toString("utf8"));
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe("farmlab-init's client", () => {
  it("starts services", async () => {
    answer = (socket) => void socket.write("ok\n");
    await openInitClient(path).start({
      name: "wg-1abc-1",
      argv: ["wireguard-go", "-f", "wg-1abc-1"],
      environment: { GOMAXPROCS: "1" },
      namespace: "public",
      restart: "never",
    });
    expect(seen).toEqual(["start\twg-1abc-1\tnever\tpublic\t1\tGOMAXPROCS=1\twireguard-go\t-f\twg-1abc-1\n"]);
  });

  it("lists services from an answer that comes in pieces", async () => {
    answer = (socket) => {
      socket.write("service\tagent\t7\nserv");
      setImmediate(() => socket.write("ice\twg-1abc-1\t9\nok\n"));
    };
    expect(await openInitClient(path).list()).toEqual([
      { name: "agent", pid: 7 },
      { name: "wg-1abc-1", pid: 9 },
    ]);
  });

  it("EX-19 asks for hundreds of services, and not for more at once than init has room for", async () => {
    let most = 0;
    let open = 0;
    answer = (socket) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        socket.write("ok\n");
      });
    };
    const client = openInitClient(path);
    await Promise.all(Array.from({ length: 400 }, async (_, index) => await client.stop(`wg-${index}`)));
    expect(seen).toHaveLength(400);
    expect(most).toBeLessThan(64);
  });

  it("hands on init's words, and says when init is not there", async () => {
    answer = (socket) => void socket.write("error\twg-1abc-1 is being stopped already\n");
    await expect(openInitClient(path).stop("wg-1abc-1")).rejects.toThrow("being stopped already");
    answer = (socket) => void socket.destroy();
    await expect(openInitClient(path).list()).rejects.toThrow("farmlab-init");
    await expect(openInitClient(join(folder, "none")).list()).rejects.toThrow("ENOENT");
  });

  it("watches, also after init's socket was lost", async () => {
    let connections = 0;
    answer = (socket) => {
      connections += 1;
      socket.write(`ok\nstarted\tone\t5\nexited\twg-${connections}\t9\n`);
      if (connections === 1) setImmediate(() => socket.destroy());
    };
    const ending = new AbortController();
    const told: string[] = [];
    const clock = { nowMs: () => 0, pause: async () => await new Promise<void>((resolve) => setImmediate(resolve)) };
    await openInitClient(path).watch(
      (event) => {
        told.push(`${event.kind} ${event.name}`);
        if (event.name === "wg-2") ending.abort();
      },
      clock,
      ending.signal,
    );
    expect(told).toEqual(["started one", "exited wg-1", "started one", "exited wg-2"]);
  });
});

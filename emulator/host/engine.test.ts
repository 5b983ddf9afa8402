import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findEngine } from "./engine.ts";

let folder: string;
let servers: Server[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-engine-"));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

async function listen(server: Server, at: string | number): Promise<void> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    if (typeof at === "string") server.listen(at, resolve);
    else server.listen(at, "127.0.0.1", resolve);
  });
}

const at = (path: string): NodeJS.ProcessEnv => ({ DOCKER_HOST: `unix://${path}` });
const docker = { Version: "28.1.0", ApiVersion: "1.49", Components: [{ Name: "Engine" }] };
const answering =
  (status: number, body: string): RequestListener =>
  (request, response) => {
    response.writeHead(request.url === "/version" ? status : 404).end(body);
  };

describe("findEngine", () => {
  it("asks the engine that DOCKER_HOST names, at a socket or at an address", async () => {
    const socket = join(folder, "engine.sock");
    await listen(createHttpServer(answering(200, JSON.stringify(docker))), socket);
    expect(await findEngine(at(socket))).toEqual({
      name: "Docker Engine",
      version: "28.1.0",
      apiVersion: "1.49",
      endpoint: `unix://${socket}`,
    });
    const tcp = createHttpServer(answering(200, JSON.stringify(docker)));
    await listen(tcp, 0);
    const endpoint = `tcp://127.0.0.1:${(tcp.address() as AddressInfo).port}`;
    expect(await findEngine({ DOCKER_HOST: endpoint })).toMatchObject({ version: "28.1.0", endpoint });
  });

  it("leaves one that accepts and never answers, or stops in the middle of its answer", async () => {
    const silent = join(folder, "silent.sock");
    const halting = join(folder, "halting.sock");
    await listen(
      createServer(() => undefined),
      silent,
    );
    await listen(
      createHttpServer((_, response) => void response.writeHead(200).write("{")),
      halting,
    );
    for (const socket of [silent, halting]) expect(await findEngine(at(socket), 300)).toBe(`unix://${socket}: no answer within 300 ms`);
  });

  it("finds the engine of this user among the usual sockets", async () => {
    const socket = join(folder, "docker.sock");
    await listen(createHttpServer(answering(200, JSON.stringify(docker))), socket);
    // An engine of the machine itself is asked first.
    expect(await findEngine({ XDG_RUNTIME_DIR: folder })).toMatchObject({ apiVersion: expect.any(String) as string });
  });

  it.each([
    ["another service", 200, "<html>", /Unexpected token|not valid JSON/],
    ["an answer without versions", 200, "{}", /does not answer as an engine does/],
    ["a refusal", 403, "", /answered with status 403/],
    ["endless words", 200, "x".repeat(200_000), /more than an engine would/],
  ])("says what it makes of %s", async (_, status, body, words) => {
    const socket = join(folder, "other.sock");
    await listen(createHttpServer(answering(status, body)), socket);
    expect(await findEngine(at(socket))).toMatch(words);
  });

  it("says where it looked in vain", async () => {
    expect(await findEngine(at(join(folder, "nothing.sock")))).toMatch(/nothing\.sock: ENOENT$/);
    expect(await findEngine({ DOCKER_HOST: "ssh://far" })).toBe("ssh://far: only unix:// and tcp:// without TLS are looked at");
  });
});

/** A server that speaks the gateway's format and misbehaves on request, for the faults that a real etcd does not show when asked to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8");

type Message = Record<string, unknown>;

export interface StandIn {
  readonly url: string;
  revision: number;
  /** Another number: another store, that has taken its place. */
  cluster: string;
  readonly values: Map<string, { value: string; revision: number }>;
  /** Requests seen, as path and body. */
  readonly requests: { readonly path: string; readonly body: Message }[];
  /** Takes the place of the usual answer when it answers true. */
  intercept: (path: string, body: Message, response: ServerResponse) => boolean;
  /** Writes as another client would, and tells the watchers. */
  put(key: string, value: string): void;
  /** Writes bytes to every open watch. */
  rawToWatchers(text: string): void;
  /** Cuts every open watch without an end of the body. */
  cutWatches(): void;
  watching(): number;
  close(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const watches = new Set<ServerResponse>();
  const values: StandIn["values"] = new Map();
  const entry = (key: string): Message => {
    const held = values.get(key);
    return { key: encode(key), value: encode(held?.value ?? ""), mod_revision: String(held?.revision ?? 0) };
  };
  const answer = (path: string, body: Message, response: ServerResponse): void => {
    const header = { cluster_id: standIn.cluster, revision: String(standIn.revision) };
    const give = (message: Message): void => void response.end(JSON.stringify({ header, ...message }));
    if (path === "/v3/kv/range") {
      const first = decode(String(body["key"]));
      const end = decode(String(body["range_end"]));
      const keys = [...values.keys()].filter((key) => key >= first && key < end).toSorted();
      const limit = Number(body["limit"] ?? 0) || keys.length;
      return give({ kvs: keys.slice(0, limit).map(entry), more: keys.length > limit });
    }
    if (path === "/v3/kv/put") {
      standIn.put(decode(String(body["key"])), decode(String(body["value"])));
      return void response.end(JSON.stringify({ header: { revision: String(standIn.revision) } }));
    }
    if (path === "/v3/watch") {
      watches.add(response);
      response.on("close", () => watches.delete(response));
      response.write(`${JSON.stringify({ result: { header, created: true } })}\n`);
      return;
    }
    response.statusCode = 404;
    response.end(JSON.stringify({ message: "not known here" }));
  };
  const server: Server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Message;
      standIn.requests.push({ path, body });
      if (!standIn.intercept(path, body, response)) answer(path, body, response);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const standIn: StandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    revision: 1,
    cluster: "1",
    values,
    requests: [],
    intercept: () => false,
    put(key, value) {
      standIn.revision += 1;
      values.set(key, { value, revision: standIn.revision });
      standIn.rawToWatchers(
        `${JSON.stringify({ result: { header: { revision: String(standIn.revision) }, events: [{ kv: entry(key) }] } })}\n`,
      );
    },
    rawToWatchers(text) {
      for (const watch of watches) watch.write(text);
    },
    cutWatches() {
      for (const watch of watches) watch.socket?.destroy();
    },
    watching: () => watches.size,
    async close() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
  return standIn;
}

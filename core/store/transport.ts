/** HTTP to etcd's JSON gateway by node:http: a small agent starts faster and in less memory with it than with fetch. */
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import { parseEndpoint, type Endpoint } from "./endpoint.ts";
import { LineSplitter } from "./lines.ts";
import { StoreError } from "./store-error.ts";

// An import of node:http reads all that it exports, and so loads the WebSocket and fetch code behind some of it: 13 MB and 20 ms a process.
const http = process.getBuiltinModule("node:http");

export interface TransportLimits {
  /**
   * Until a connection stands; a path that swallows packets must not hold up the next endpoint. Begins short and doubles with each
   * failure, because a lost first packet of TCP is repeated only after a second, when a way that came up late has long been there.
   */
  readonly firstConnectWaitMs: number;
  readonly longestConnectWaitMs: number;
  /** From the request to the whole answer of a call, per endpoint. */
  readonly callWaitMs: number;
  readonly maxAnswerBytes: number;
  readonly maxLineBytes: number;
}

export const defaultLimits: TransportLimits = {
  firstConnectWaitMs: 50,
  longestConnectWaitMs: 2000,
  callWaitMs: 5000,
  maxAnswerBytes: 64 * 1024 * 1024,
  maxLineBytes: 16 * 1024 * 1024,
};

/** Idle time after which the kernel probes a silent peer; with its ten probes a second apart a cut path shows after 15 s. */
const keepAliveProbeMs = 5000;

export interface Transport {
  /** POSTs to the endpoints in turn and answers the parsed JSON. Throws StoreError. */
  call(path: string, body: unknown, signal?: AbortSignal): Promise<unknown>;
  /** POSTs and hands each line of the answer's body to `onLine`, until the stream ends, always with a StoreError. */
  stream(path: string, body: unknown, onLine: (message: unknown) => void, signal: AbortSignal): Promise<never>;
  close(): void;
}

export function openTransport(endpointTexts: readonly string[], limits: TransportLimits): Transport {
  const endpoints = endpointTexts.map(parseEndpoint);
  if (endpoints.length === 0) throw new Error("the store has no endpoint");
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 2 });
  let connectWaitMs = limits.firstConnectWaitMs;
  const onConnect = (connected: boolean): void => {
    connectWaitMs = connected ? limits.firstConnectWaitMs : Math.min(connectWaitMs * 2, limits.longestConnectWaitMs);
  };
  /** The endpoint that answered last; the others' turn comes when it fails. */
  let current = 0;

  const post = async <T>(endpoint: Endpoint, path: string, body: string, ends: Ends, read: ReadAnswer<T>): Promise<T> => {
    // No packet is lost on the way to a socket of this machine: what is late there is this process itself.
    const waitMs = "socketPath" in endpoint.connect ? limits.longestConnectWaitMs : connectWaitMs;
    for (;;) {
      const sending = start(agent, endpoint, path, body, waitMs, onConnect);
      try {
        return await exchange(sending, endpoint, ends, read);
      } catch (error) {
        // A kept connection that the store closed in the meantime: the request never reached it, a fresh connection may.
        if (error instanceof StaleConnection) continue;
        throw error;
      }
    }
  };

  /** Tries endpoints in turn as long as none of them got the request. */
  const inTurn = async <T>(body: unknown, attempt: (endpoint: Endpoint, text: string) => Promise<T>): Promise<T> => {
    const text = JSON.stringify(body);
    const failures: string[] = [];
    for (let turn = 0; turn < endpoints.length; turn += 1) {
      const index = (current + turn) % endpoints.length;
      const endpoint = endpoints[index];
      if (endpoint === undefined) break;
      try {
        const answer = await attempt(endpoint, text);
        current = index;
        return answer;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.sent || error.fault !== "unreachable") {
          // Next time another endpoint is first, should this one be the reason.
          current = error.fault === "refused" || error.fault === "aborted" ? index : (index + 1) % endpoints.length;
          throw error;
        }
        failures.push(error.message);
      }
    }
    throw new StoreError("unreachable", failures.join("; "), false);
  };

  return {
    call: async (path, body, signal) =>
      await inTurn(body, async (endpoint, text) => {
        const answer = await post(
          endpoint,
          path,
          text,
          { signal, waitMs: limits.callWaitMs },
          async (response) => await readWhole(response, endpoint, limits),
        );
        return parseJson(answer, endpoint);
      }),
    stream: async (path, body, onLine, signal) =>
      await inTurn(
        body,
        async (endpoint, text) =>
          await post(endpoint, path, text, { signal }, async (response) => await readLines(response, endpoint, limits, onLine)),
      ),
    close: () => {
      agent.destroy();
    },
  };
}

type ReadAnswer<T> = (response: IncomingMessage) => Promise<T>;

/** What ends an exchange besides its answer. */
interface Ends {
  readonly signal?: AbortSignal | undefined;
  readonly waitMs?: number;
}

class StaleConnection extends Error {}

interface Sending {
  readonly message: ClientRequest;
  /** Whether a connection stood, so that the store may have got the request. */
  connected: boolean;
}

function start(
  agent: Agent,
  endpoint: Endpoint,
  path: string,
  body: string,
  connectWaitMs: number,
  onConnect: (connected: boolean) => void,
): Sending {
  // A unix path is no host name, and the gateway refuses a request without one.
  const host = "socketPath" in endpoint.connect ? { host: "localhost" } : {};
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...host };
  const message = http.request({ agent, ...endpoint.connect, path, method: "POST", headers });
  const sending: Sending = { message, connected: false };
  message.once("socket", (socket) => {
    if (!socket.connecting) {
      sending.connected = true;
      return;
    }
    const timer = setTimeout(() => {
      onConnect(false);
      message.destroy(new Error(`no connection in ${connectWaitMs} ms`));
    }, connectWaitMs);
    socket.once("close", () => clearTimeout(timer));
    socket.once("connect", () => {
      clearTimeout(timer);
      onConnect(true);
      sending.connected = true;
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveProbeMs);
    });
  });
  message.end(body);
  return sending;
}

function exchange<T>(sending: Sending, endpoint: Endpoint, ends: Ends, read: ReadAnswer<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const { message } = sending;
    let answered = false;
    const give = (error: Error): void => {
      settle();
      reject(error);
      message.destroy();
    };
    const abort = (): void => give(new StoreError("aborted", `${endpoint.name}: given up`, sending.connected));
    const timer =
      ends.waitMs === undefined
        ? undefined
        : setTimeout(
            () => give(new StoreError("timeout", `${endpoint.name}: no answer in ${ends.waitMs} ms`, sending.connected)),
            ends.waitMs,
          );
    const settle = (): void => {
      clearTimeout(timer);
      ends.signal?.removeEventListener("abort", abort);
    };
    message.on("error", (error: NodeJS.ErrnoException) => {
      if (answered) return;
      settle();
      if (message.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE")) return reject(new StaleConnection());
      reject(new StoreError("unreachable", `${endpoint.name}: ${error.code ?? error.message}`, sending.connected));
    });
    message.once("response", (response) => {
      answered = true;
      read(response).then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => give(error instanceof Error ? error : new Error(String(error))),
      );
    });
    ends.signal?.addEventListener("abort", abort, { once: true });
    if (ends.signal?.aborted === true) abort();
  });
}

/** The whole body, bounded in size; a status other than 200 becomes the store's own words. */
async function readWhole(response: IncomingMessage, endpoint: Endpoint, limits: TransportLimits): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limits.maxAnswerBytes)
        throw new StoreError("malformed", `${endpoint.name}: answer beyond ${limits.maxAnswerBytes} bytes`, true);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("unreachable", `${endpoint.name}: connection broke within the answer`, true);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (response.statusCode !== 200) throw new StoreError("refused", `${endpoint.name}: ${refusal(text, response.statusCode)}`, true);
  return text;
}

async function readLines(
  response: IncomingMessage,
  endpoint: Endpoint,
  limits: TransportLimits,
  onLine: (message: unknown) => void,
): Promise<never> {
  if (response.statusCode !== 200) await readWhole(response, endpoint, limits);
  const splitter = new LineSplitter(limits.maxLineBytes, (line) => onLine(parseJson(line, endpoint)));
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (!splitter.push(chunk)) throw new StoreError("malformed", `${endpoint.name}: line beyond ${limits.maxLineBytes} bytes`, true);
    }
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (error instanceof Error && "code" in error) throw new StoreError("unreachable", `${endpoint.name}: stream broke`, true);
    throw error;
  }
  throw new StoreError("unreachable", `${endpoint.name}: stream ended`, true);
}

function parseJson(text: string, endpoint: Endpoint): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StoreError("malformed", `${endpoint.name}: answer is not JSON`, true);
  }
}

/** The gateway's error body is `{"error": "...", "code": n, "message": "..."}`; anything else is cut short. */
function refusal(text: string, status: number | undefined): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "message" in body && typeof body.message === "string") return body.message;
  } catch {
    // The text itself is shown.
  }
  return `HTTP ${status ?? 0} ${text.slice(0, 200)}`;
}

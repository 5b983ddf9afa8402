import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { splitLines } from "./lines.ts";
import { startProber } from "./prober.ts";
import type { Prober, ProbeRequest } from "./prober.ts";

const address = (text: string): Address => parseAddress(text)!;
const request: ProbeRequest = {
  from: { namespacePath: "/run/netns/a" },
  protocol: "udp",
  to: address("10.0.0.2"),
  port: 7000,
  timeoutMs: 10,
};

/** The far end of the pipes: the test answers in the process' place. */
function farEnd(): {
  prober: Prober;
  requests: string[][];
  say: (...fields: string[]) => void;
  end: (code: number) => void;
  complain: (text: string) => void;
} {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const child = Object.assign(new EventEmitter(), { stdin, stdout, stderr });
  const requests: string[][] = [];
  splitLines(stdin, (line) => requests.push(line.split("\t")));
  stdin.on("end", () => child.emit("close", 0, null));
  const prober = startProber(() => child);
  return {
    prober,
    requests,
    say: (...fields) => stdout.emit("data", Buffer.from(`${fields.join("\t")}\n`)),
    end: (code) => child.emit("close", code, null),
    complain: (text) => stderr.emit("data", Buffer.from(text)),
  };
}

const flushed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a prober", () => {
  it("gives each request its own answer, in whatever order they come", async () => {
    const { prober, requests, say } = farEnd();
    const probes = [prober.probe(request), prober.probe({ ...request, ttl: 1 })];
    await flushed();
    expect(requests.map((fields) => [fields[0], fields[7]])).toEqual([
      ["send", "64"],
      ["send", "1"],
    ]);
    const [first = "", second = ""] = requests.map((fields) => fields[1]);
    say("icmp", second, "type=11", "code=0", "from=10.0.0.1", "at_us=1");
    say("timeout", first, "at_us=2");
    expect((await Promise.all(probes)).map((outcome) => outcome.kind)).toEqual(["timeout", "time-exceeded"]);
  });

  it("makes tokens of which none is part of another", () => {
    const { prober } = farEnd();
    const tokens = Array.from({ length: 100 }, () => prober.newToken());
    expect(new Set(tokens).size).toBe(100);
    expect(new Set(tokens.map((token) => token.length)).size).toBe(1);
  });

  it("rejects a request that is refused, and only that one", async () => {
    const { prober, requests, say } = farEnd();
    const listening = prober.listen({ namespacePath: "/nowhere", protocol: "udp", address: address("::"), port: 7000, who: "b" });
    const probe = prober.probe(request);
    await flushed();
    say("error", requests[0]![1]!, "/nowhere: No such file or directory (ENOENT)");
    say("timeout", requests[1]![1]!, "at_us=2");
    await expect(listening).rejects.toThrow(/ENOENT/);
    expect((await probe).kind).toBe("timeout");
  });

  it("rejects everything under way when the process dies, and everything after", async () => {
    const { prober, end, complain } = farEnd();
    const under = [prober.probe(request), prober.trace({ ...request, protocol: "udp", maxHops: 4 })];
    complain("out of memory\n");
    end(70);
    for (const promise of [...under, prober.probe(request)])
      await expect(promise).rejects.toThrow("native probe ended (code 70): out of memory");
    await prober.close();
  });

  it("gives a watch's packets when it stops", async () => {
    const { prober, requests, say } = farEnd();
    const watching = prober.watch({ namespacePath: "/run/netns/a", interface: "eth0", token: "abc" });
    await flushed();
    const id = requests[0]![1]!;
    say("ok", id);
    const watch = await watching;
    const packet = ["interface=eth0", "direction=in", "source=10.0.0.1", "destination=10.0.0.2", "ttl=63", "protocol=udp"];
    say("seen", id, ...packet, "source_port=1", "destination_port=2", "kind=request", "token=abc", "sequence=0", "length=60", "at_us=7");
    const stopped = watch.stop();
    say("unwatched", id, "dropped=3");
    const result = await stopped;
    expect(result.dropped).toBe(3);
    expect(result.packets).toMatchObject([{ ttl: 63, atUs: 7 }]);
  });

  it("has at most 512 probes under way, and starts the rest as those end", async () => {
    const { prober, requests, say } = farEnd();
    const probes = Array.from({ length: 600 }, () => prober.probe(request));
    await flushed();
    expect(requests).toHaveLength(512);
    for (let answered = 0; answered < 600; answered += 1) {
      while (requests[answered] === undefined) await flushed();
      say("timeout", requests[answered]![1]!, "at_us=1");
    }
    expect(await Promise.all(probes)).toHaveLength(600);
  });

  it("closes once, and rejects what is under way", async () => {
    const { prober } = farEnd();
    const probe = prober.probe(request);
    const rejected = expect(probe).rejects.toThrow("native probe was closed");
    await prober.close();
    await prober.close();
    await rejected;
  });
});

/** XC-3, two labs with one seed: the decisions about the harness's own flows are the same to the byte. */
import { describe, expect, it } from "vitest";
import { parseAddress, startDeadline, type Address } from "../../../core/common/index.ts";
import type { PacketConditions } from "../../../core/farm/index.ts";
import { decider, decisionLine, type WireDecision } from "../index.ts";
import { LabError } from "../../lab-error.ts";
import { clock, frameOf, udpFrame } from "./frames.ts";
import { link, wiredPair } from "./wired-pair.ts";

const address = (text: string): Address => parseAddress(text)!;
const right = ["10.0.0.2", "2001:db8::2"];
const probesEach = 12;
const conditions: PacketConditions = { loss: 0.25, duplicate: 0.2, corrupt: 0.1, jitterMs: 2, delayMs: 2 };
/** Lost ones are waited for as long; an answer that comes later changes nothing in what is compared. */
const timeoutMs = 60;

interface Run {
  readonly lines: readonly string[];
  readonly decisions: readonly WireDecision[];
}

/** A new lab with its own process ids, ports and tokens, in which the same is sent. */
async function run(seed: number): Promise<Run> {
  const pair = await wiredPair();
  const { lab, prober, wire } = pair;
  try {
    for (const where of right) {
      for (const protocol of ["udp", "tcp"] as const) {
        await prober.listen({ namespacePath: lab.namespacePath("right"), protocol, address: address(where), port: 7000, who: "right" });
      }
      // Neighbours are known before, so that who is asked for first does not depend on what was lost.
      await prober.probe({ from: { namespacePath: lab.namespacePath("left") }, protocol: "icmp", to: address(where), timeoutMs: 5000 });
    }
    for (const protocol of ["udp", "icmp", "icmpv6"] as const) {
      for (const direction of [0, 1] as const) await wire.setRule(link, direction, protocol, { seed, only: { protocol }, ...conditions });
    }
    const from = { namespacePath: lab.namespacePath("left") };
    for (const protocol of ["udp", "icmp"] as const) {
      for (const where of right) {
        for (let count = 0; count < probesEach; count += 1) {
          await prober.probe({ from, protocol, to: address(where), ...(protocol === "udp" ? { port: 7000 } : {}), timeoutMs });
        }
      }
    }
    // A probe is given up before its answer has to be there: what comes behind the last ones, and is decided about by nobody, waits for them.
    for (const where of [...right, ...right]) {
      expect((await prober.probe({ from, protocol: "tcp", to: address(where), port: 7000, timeoutMs: 10_000 })).kind).toBe("reply");
    }
    const { decisions, cut } = await wire.decisions();
    expect(cut).toBe(0);
    // Kernels' own: neighbours are asked for anew, groups are joined (MLD repeats at a random time), and answers that nobody waits for any more refused, when they see fit.
    const own = decisions.filter(({ flow }) => !/^icmp\/3 |^icmpv6\/(1|13[0-9]|143) /.test(flow));
    return { decisions: own, lines: own.map(decisionLine) };
  } finally {
    await pair.close();
  }
}

describe("decisions", () => {
  it("about probes repeat to the byte with their seed, and are those that can be known beforehand", async () => {
    const [first, again, other] = [await run(5), await run(5), await run(6)];
    expect(first.lines.length).toBeGreaterThan(40);
    expect(again.lines).toEqual(first.lines);
    expect(other.lines).not.toEqual(first.lines);

    const flow = (number: number): string => `udp 10.0.0.1:* > 10.0.0.2:7000 #${number}`;
    const expected = Array.from({ length: probesEach }, (_, index) => index + 1).flatMap((number) =>
      decider({ seed: 5, link, direction: 0, flow: flow(number) }, conditions)(1).drop ? [flow(number)] : [],
    );
    const dropped = first.decisions.filter(({ direction, rule, what }) => direction === 0 && rule === "udp" && what === "drop");
    const known = new Set(expected);
    expect(dropped.filter((decision) => decision.flow.includes("10.0.0.2")).every((decision) => known.has(decision.flow))).toBe(true);
    expect(dropped.filter((decision) => decision.flow.includes("10.0.0.2")).length).toBe(expected.length);
  });

  it("count the connections of TCP one by one", async () => {
    const pair = await wiredPair();
    const { lab, prober, wire } = pair;
    try {
      await prober.listen({
        namespacePath: lab.namespacePath("right"),
        protocol: "tcp",
        address: address("10.0.0.2"),
        port: 7000,
        who: "r",
      });
      await wire.setRule(link, 0, "tcp", { seed: 3, only: { protocol: "tcp" }, delayMs: 1, jitterMs: 0.5 });
      const from = { namespacePath: lab.namespacePath("left") };
      for (let count = 0; count < 3; count += 1) {
        const outcome = await prober.probe({
          from,
          protocol: "tcp",
          to: address("10.0.0.2"),
          port: 7000,
          timeoutMs: 10_000,
        });
        expect(outcome.kind).toBe("reply");
      }
      const flows = new Set((await wire.decisions()).decisions.map(({ flow }) => flow));
      expect([...flows]).toEqual([1, 2, 3].map((number) => `tcp 10.0.0.1:* > 10.0.0.2:7000 #${number}`));
    } finally {
      await pair.close();
    }
  });
});

describe("flows", () => {
  it("are named by tag, protocol, addresses and the ports that no kernel picked", async () => {
    const pair = await wiredPair();
    try {
      await pair.wire.setRule(link, 0, "all", { seed: 1, edits: [{ flow: "*", index: 1, action: "drop" }] });
      const tagged = udpFrame({ number: 1, sourcePort: 40_000 });
      const brokenIp = frameOf(0x0800, Buffer.from([0x4f, 0, 0, 9]));
      await pair.send("left", [
        Buffer.concat([tagged.subarray(0, 12), Buffer.from("8100000a", "hex"), tagged.subarray(12)]),
        udpFrame({ number: 1, sourcePort: 40_000, port: 53 }),
        udpFrame({ number: 1, sourcePort: 40_001, port: 53 }),
        frameOf(
          0x86dd,
          Buffer.from(
            ["6000000000083a40", "20010db8".padEnd(32, "0"), `${"20010db8".padEnd(31, "0")}1`, "8000000000070001"].join(""),
            "hex",
          ),
        ),
        brokenIp,
        frameOf(0x88b5, Buffer.alloc(20)),
      ]);
      const expected = [
        "vlan/10 udp 10.0.0.1:* > 10.0.0.2:7000 #1",
        "udp 10.0.0.1:* > 10.0.0.2:53 #1",
        "udp 10.0.0.1:* > 10.0.0.2:53 #2",
        "icmpv6/128 2001:db8:: > 2001:db8::1 #1",
        "ether/0800 02:00:00:00:00:ff > 02:00:00:00:00:02 #1",
        "ether/88b5 02:00:00:00:00:ff > 02:00:00:00:00:02 #1",
      ];
      const named = await startDeadline(clock, 10_000).until("six decisions", async () => {
        const seen = (await pair.wire.decisions()).decisions.map(({ flow }) => flow);
        return expected.every((flow) => seen.includes(flow)) ? { done: seen } : { seen: seen.join("; ") };
      });
      expect(named).toEqual(expect.arrayContaining(expected));
    } finally {
      await pair.close();
    }
  });
});

describe("a wire that has died", () => {
  it("says so to who asks, and is not started anew without its rules", async () => {
    const pair = await wiredPair();
    try {
      await pair.lab.node(pair.wire.plan.node).services.kill("wire", "SIGKILL");
      await startDeadline(clock, 10_000).until("the wire to be gone", async () => {
        const seen = await pair.wire.decisions().then(
          () => "it answers",
          (error: unknown) => error,
        );
        return seen instanceof LabError ? { done: true } : { seen: String(seen) };
      });
    } finally {
      await pair.close();
    }
  });
});

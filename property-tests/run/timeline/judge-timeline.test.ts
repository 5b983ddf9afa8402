import { describe, expect, it } from "vitest";
import type { Timeline } from "../../../core/farm/index.ts";
import type { Flow, World } from "../../oracle/index.ts";
import type { Answer, Session } from "../session.ts";
import { identityOf, namelessResponder } from "../traffic.ts";
import { farmNamed, flowTo, partyNamed, worldOf } from "../world.fixture.ts";
import { judgeTimeline } from "./judge-timeline.ts";
import type { Observation, TimelineRun } from "./observation.ts";

const cut: Timeline = { changes: [], faults: [{ atMs: 1000, healAtMs: 3000, fault: { kind: "cut", link: "home-a:wan" } }] };
const world = worldOf(farmNamed("exit-node"), cut);
/** What judging asks of a session. */
const sessionOf = (of: World): Session => ({ world: of, farm: of.farm, identityOf, startTtl: 64 }) as unknown as Session;
const flow = flowTo(world, "blue-2", "10.26.188.2", "tcp", 80);
const unassigned = flowTo(world, "host-v6", "2a02:1802:5e:1fff::2");

const reply = (to: Flow, who = "blue/blue-1"): Answer => ({
  ...{ kind: "reply", who, from: to.to, seenTtl: 62 },
  ...(to.from.kind === "workload" ? { seenSource: to.from.ipv4 } : {}),
});
const seen = (fromMs: number, answer: Answer, to: Flow = flow): Observation => ({ flow: to, fromMs, toMs: fromMs + 100, sent: { answer } });
const silence: Answer = { kind: "timeout" };

function run(observations: readonly Observation[], other: Partial<TimelineRun> = {}): TimelineRun {
  return {
    zeroAt: 0,
    happened: cut,
    onsetMs: 50,
    doneMs: 50,
    changeMs: 50,
    observations,
    healedMs: 3000,
    recoveredMs: 5000,
    unsettled: [],
    ...other,
  };
}
const judged = (given: TimelineRun, of: World = world): string[] =>
  [...judgeTimeline(sessionOf(of), given)].flatMap(([law, { broken, runs }]) => [`${law} ${runs}`, ...broken.map(({ story }) => story)]);

describe("flows during a timeline", () => {
  it("are as they must be before, during and after it, and may be anything in between", () => {
    const right = [
      seen(500, reply(flow)),
      seen(950, silence),
      seen(2000, silence),
      seen(3100, silence),
      seen(4000, reply(flow)),
      seen(5000, reply(flow)),
    ];
    expect(judged(run(right))).toEqual(["EX-7 3"]);
  });

  it.each([
    ["silent before", seen(500, silence), "no answer came; expected: delivered to blue-1"],
    ["answered during the cut", seen(2000, reply(flow)), "it was answered by blue/blue-1 from 10.26.188.2"],
    ["answered by somebody else when it may be", seen(3100, reply(flow, "red/red-1")), "it was answered by red/red-1"],
    ["silent once all had come back", seen(6000, silence), "must be delivered"],
  ])("break their law: %s", (_, observation, story) => {
    const [count, broken] = judged(run([observation]));
    expect(count).toMatch(/^EX-7 [01]$/);
    expect(broken).toContain(story);
  });

  it("a connection of which the word was lost is no stranger's while that may be", () => {
    expect(judged(run([seen(3100, reply(flow, namelessResponder))]))).toEqual(["EX-7 0"]);
    expect(judged(run([seen(500, reply(flow, namelessResponder))]))).toHaveLength(2);
  });

  it("have to have come back when the deadline passed", () => {
    const lost = run([seen(500, reply(flow)), seen(40_000, silence)], { recoveredMs: null });
    expect(judged(lost)[1]).toContain("it did not come back within 40 s after everything was healed");
    expect(judged(run([seen(500, reply(flow)), seen(40_000, reply(flow))], { recoveredMs: null }))).toHaveLength(1);
  });

  it("which cannot be sent are not known to break anything", () => {
    expect(() => judged(run([{ flow, fromMs: 500, toMs: 510, error: "no such namespace" }]))).toThrow(
      "could not be sent: no such namespace",
    );
    expect(judged(run([{ flow, fromMs: 2000, toMs: 2010, error: "no such namespace" }]))).toEqual(["EX-7 1"]);
  });

  it("EX-11 to nobody are refused aloud once at least, by who may", () => {
    const refusal = (from: string): Answer => ({ kind: "unreachable", type: 1, code: 0, from: flowTo(world, "host-v6", from).to });
    const bar = refusal("2a02:1802:5e:0:1000::1");
    expect(judged(run([seen(500, silence, unassigned), seen(600, bar, unassigned), seen(700, silence, unassigned)]))).toEqual(["EX-11 3"]);
    for (const answer of [silence, refusal("2a02:1802:5e::2")]) {
      expect(judged(run([seen(500, answer, unassigned)]))[1]).toContain("expected: one at least, by the BAR of exit node 1");
    }
    // The BAR had said so much to the same host that it may have had no error left for few more.
    const other = flowTo(world, "host-v6", "2a02:1802:5e:1ffe::2");
    const silent = [500, 600, 700].map((fromMs) => seen(fromMs, silence, unassigned));
    expect(judged(run([seen(450, bar, other), ...silent.slice(0, 2)]))).toEqual(["EX-11 3"]);
    expect(judged(run([seen(450, bar, other), ...silent]))[1]).toContain("none of 3 probes");
    expect(judged(run([seen(500, silence, unassigned), seen(1900, bar, other)]))[1]).toContain("none of 1 probes");
  });

  it("over a link that loses half of all, some of many arrive", () => {
    const loss: Timeline = {
      changes: [],
      faults: [{ atMs: 1000, healAtMs: 60_000, fault: { kind: "packets", link: "home-a:wan", loss: 0.5 } }],
    };
    const many = (count: number, answer: Answer): Observation[] =>
      Array.from({ length: count }, (_, index) => seen(2000 + index * 100, answer));
    const lossy = (observations: readonly Observation[]): string[] =>
      judged(run(observations, { happened: loss, healedMs: 60_000, recoveredMs: 61_000 }));
    expect(lossy(many(40, silence))).toEqual(["EX-7 40"]);
    expect(lossy([...many(59, silence), seen(9000, reply(flow))])).toEqual(["EX-7 60"]);
    expect(lossy(many(60, silence))[1]).toContain("none of 60 probes was answered; expected: some");
  });

  it("a udp packet's own port is kept within a network", () => {
    const udp = flowTo(world, "blue-2", "10.26.188.2", "udp", 53);
    const from = (seenPort: number): Observation => ({ ...seen(500, { ...reply(udp), seenPort } as Answer, udp), sourcePort: 21_000 });
    expect(judged(run([from(21_000)]))).toEqual(["EX-7 1"]);
    expect(judged(run([from(1234)]))[1]).toContain("port 1234, but was sent from port 21000");
  });

  it("a sender that is away is not judged", () => {
    const away: Timeline = { faults: [], changes: [{ atMs: 1000, act: "leave", network: "red" }] };
    const red = { from: partyNamed(world, "red-1"), to: partyNamed(world, "host-v6").ipv6!, protocol: "icmp" } as const;
    expect(judged(run([seen(30_000, silence, red)], { happened: away, healedMs: 90_000, recoveredMs: 90_000 }))).toEqual([]);
  });
});

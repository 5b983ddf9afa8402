import { describe, expect, it } from "vitest";
import type { Sent } from "../run/session.ts";
import { flowsOf, worldWith } from "./farm.fixture.ts";
import type { WatchedFlow } from "./flows.ts";
import { rateFor, watchFlows } from "./watch-flows.ts";
import type { FlowWatch, SendProbe } from "./watch-flows.ts";

const flows = flowsOf(worldWith()).slice(0, 2);
const [first, second] = [flows[0]!, flows[1]!];
const answered = (who?: string): Sent => ({ answer: { kind: "reply", from: first.to, ...(who === undefined ? {} : { who }) } });
const lost: Sent = { answer: { kind: "timeout" } };

/** Time goes on only as it is told to. */
function bench(
  send: SendProbe,
  isSilenced = (_flow: WatchedFlow): boolean => false,
): { watch: FlowWatch; passTo: (ms: number) => Promise<void>; sent: string[] } {
  const waiting: { atMs: number; resolve: () => void }[] = [];
  const sent: string[] = [];
  let now = 0;
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void waiting.push({ atMs: now + ms, resolve }));
  const watch = watchFlows({
    ...{ flows, rate: { everyMs: 100, waitMs: 1000 }, clock: { nowMs: () => now, pause }, isSilenced },
    identityOf: () => "blue/blue-2",
    send: (flow, waitMs) => {
      sent.push(`${now} ${flows.indexOf(flow)}`);
      return send(flow, waitMs);
    },
  });
  const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    watch,
    sent,
    async passTo(ms) {
      for (await settled(); now < ms; await settled()) {
        now = Math.min(ms, ...waiting.map(({ atMs }) => atMs));
        for (const due of waiting.filter(({ atMs }) => atMs <= now)) {
          waiting.splice(waiting.indexOf(due), 1);
          due.resolve();
        }
      }
    },
  };
}

/** Lets the waits that are left end, so that the watch does. */
async function stop({ watch, passTo }: ReturnType<typeof bench>, atMs: number): Promise<Awaited<ReturnType<FlowWatch["stop"]>>> {
  const stopped = watch.stop();
  await passTo(atMs + 100);
  return await stopped;
}

describe("watchFlows", () => {
  it("probes each flow at the rate, one after the other within the interval", async () => {
    const one = bench(() => Promise.resolve(answered("blue/blue-2")));
    await one.passTo(220);
    expect(one.sent).toEqual(["0 0", "50 1", "100 0", "150 1", "200 0"]);
    const probes = await stop(one, 220);
    expect(probes.get(first)?.map(({ sentMs }) => sentMs)).toEqual([0, 100, 200]);
    expect(one.watch.lateMs).toBe(0);
  });

  it("keeps to the rate while probes are unanswered, and takes another's answer for none", async () => {
    const pending = Promise.withResolvers<Sent>();
    const one = bench((flow) => (flow === first ? pending.promise : Promise.resolve(answered("red/red-1"))));
    await one.passTo(420);
    expect(one.sent.filter((line) => line.endsWith(" 0"))).toHaveLength(5);
    pending.resolve(answered());
    const probes = await stop(one, 420);
    expect(probes.get(first)?.map(({ sentMs, answeredMs }) => [sentMs, answeredMs])).toEqual(
      [0, 100, 200, 300, 400].map((sentMs) => [sentMs, 420]),
    );
    expect(probes.get(second)?.every(({ answeredMs }) => answeredMs === undefined)).toBe(true);
  });

  it("says of a flow that it is answered after three answers in a row since then", async () => {
    let up = false;
    const one = bench(() => Promise.resolve(up ? answered() : lost));
    const states: boolean[] = [];
    for (const moment of [120, 220, 320, 420, 520, 620]) {
      up = moment > 220;
      await one.passTo(moment);
      states.push(one.watch.isAnswering(first, 0));
    }
    expect(states).toEqual([false, false, false, false, true, true]);
    expect(one.watch.isAnswering(first, 400)).toBe(true);
    expect(one.watch.isAnswering(first, 500)).toBe(false);
    expect(one.watch.wasAnswered(first, 0)).toBe(true);
    await stop(one, 620);
  });

  it("takes a probe that cannot be sent for lost where its sender is off, and else says so", async () => {
    const broken = (): Promise<Sent> => Promise.reject(new Error("no such namespace"));
    const one = bench(broken, (flow) => flow === first);
    await one.passTo(20);
    expect(one.watch.failure).toBeUndefined();
    await one.passTo(60);
    expect(one.watch.failure).toEqual({ flow: second, atMs: 50, why: "no such namespace" });
    expect((await stop(one, 60)).get(first)).toEqual([{ sentMs: 0 }]);
  });
});

describe("rateFor", () => {
  it("is as wanted, but never with more probes under way than the prober takes", () => {
    const wanted = { everyMs: 100, waitMs: 1000 };
    expect(rateFor(33, wanted)).toEqual(wanted);
    expect(rateFor(120, wanted).everyMs).toBe(300);
    for (const flows of [1, 40, 41, 119, 500]) expect((flows * wanted.waitMs) / rateFor(flows, wanted).everyMs).toBeLessThanOrEqual(400);
  });
});

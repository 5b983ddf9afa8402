/** A timeline in a lab: a home that is cut off, another that loses packets, an agent that is killed, a resource that leaves and comes back. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { TimelineEntry } from "../../core/farm/index.ts";
import type { SourcePatch } from "../../emulator/image/index.ts";
import { predictDuring } from "../oracle/index.ts";
import { timelineProperties } from "../laws/timeline.ts";
import { openSession } from "../run/open-session.ts";
import type { OpenSession } from "../run/open-session.ts";
import { scenarioOf } from "../run/scenario.ts";
import { judgeTimeline, timelineRunOf } from "../run/timeline/index.ts";
import type { TimelineRun } from "../run/timeline/index.ts";

const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const timeline: readonly TimelineEntry[] = [
  { "at-ms": 300, "until-ms": 2800, fault: "cut", link: "home-a:wan" },
  { "at-ms": 300, "until-ms": 2500, fault: "packets", link: "host-v6:wan", from: "host-v6", "loss-percent": 30 },
  { "at-ms": 400, leave: "blue/node-3" },
  { "at-ms": 3400, join: "blue/node-3" },
  { "at-ms": 4000, fault: "process-kill", node: "node-1", service: "agent" },
];
let open: OpenSession;
let run: TimelineRun;

async function openWith(entries: readonly TimelineEntry[], patches: readonly SourcePatch[]): Promise<OpenSession> {
  const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
  const scenario = expectValue(scenarioOf({ ...document, timeline: entries }, 7, file));
  return await openSession({ ...scenario, backend: "netns", patches, signal: new AbortController().signal, onStep: () => undefined });
}

beforeAll(async () => {
  open = await openWith(timeline, []);
  run = await timelineRunOf(open.session);
});

afterAll(async () => {
  await open?.close();
});

/** Of probes that were sent: who is away has no namespace to send from. */
const brokenLaws = (happened: TimelineRun["happened"]): string[] =>
  [...judgeTimeline(open.session, { ...run, happened, observations: run.observations.filter(({ sent }) => sent !== undefined) })].flatMap(
    ([law, { broken }]) => (broken.length === 0 ? [] : [law]),
  );

describe("a timeline that a farm goes through", () => {
  it.each(timelineProperties.map((property) => ({ name: property.name, property })))("$name", async ({ property }) => {
    const { verdict, why, runs } = await property.run(open.session);
    expect({ verdict, why }).toEqual({ verdict: "passed", why: null });
    expect(runs).toBeGreaterThan(10);
  });

  it("all is as before at its end", () => {
    expect(run.unsettled).toEqual([]);
    expect(run.recoveredMs).not.toBeNull();
  });

  it("flows were seen that must not be answered because of it, and flows that must be all the time", () => {
    const patience = { timeline: run.happened, settleMs: 1000, onsetMs: run.onsetMs };
    const during = run.observations.filter(({ fromMs }) => fromMs < run.healedMs);
    const modes = during.flatMap((one) => {
      const timed = predictDuring(open.session.world, one.flow, one, patience);
      return timed === undefined
        ? []
        : [`${timed.mode}${timed.prediction.delivered || !timed.because.startsWith("cut") ? "" : " for the cut"}`];
    });
    expect(new Set(modes)).toEqual(new Set(["must", "may", "must not", "must not for the cut"]));
  });
});

describe("a judge who is told something else than what happened finds laws broken", () => {
  it("no cut", () => {
    const faults = run.happened.faults.filter(({ fault }) => fault.kind !== "cut");
    expect(brokenLaws({ ...run.happened, faults })).toContain("EX-7");
  });

  it("a cut of another home", () => {
    const faults = run.happened.faults.map((one) =>
      one.fault.kind === "cut" ? { ...one, fault: { ...one.fault, link: "home-b:wan" } } : one,
    );
    expect(brokenLaws({ ...run.happened, faults })).toContain("EX-7");
  });

  it("nobody left", () => {
    expect(brokenLaws({ ...run.happened, changes: [] })).toContain("EX-7");
  });
});

describe("an agent that is wrong only while something happens", () => {
  it("is found: one that configures a tunnel whole when a peer comes or goes, and so forgets where the others are", async () => {
    const where = "core/apply/wireguard.ts";
    const wrong: readonly SourcePatch[] = [
      { file: where, find: "|| observed.listenPort !== plan.listenPort)", replace: "|| observed.peers.size !== plan.peers.length)" },
      { file: "core/apply/apply.ts", find: '["wg", "syncconf", name', replace: '["wg", "setconf", name' },
    ];
    const comesAndGoes = timeline.filter(({ join, leave }) => join !== undefined || leave !== undefined);
    const patched = await openWith(comesAndGoes, wrong);
    try {
      const { session } = patched;
      const broken = [...judgeTimeline(session, await timelineRunOf(session)).values()].flatMap((verdict) => verdict.broken);
      // EX-12: those who neither come nor go lose nothing.
      expect(broken.map(({ story }) => story).join("\n")).toMatch(/(from|to) blue-2 .*must be delivered/);
    } finally {
      await patched.close();
    }
  });
});

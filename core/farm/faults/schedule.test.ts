import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { healing, lasts, scheduleProblems, stepsOf, type Fault, type Schedule } from "../index.ts";

const cut: Fault = { kind: "cut", link: "a:eth0" };
const reboot: Fault = { kind: "node-reboot", node: "a" };

describe("stepsOf", () => {
  it("orders by time, heals before it begins something at the same time, and keeps the order of equals", () => {
    const schedule: Schedule = {
      seed: 1,
      faults: [
        { atMs: 50, fault: reboot },
        { atMs: 0, fault: cut, healAtMs: 50 },
        { atMs: 50, fault: cut },
      ],
    };
    expect(stepsOf(schedule).map(({ atMs, act, position }) => `${atMs} ${act} ${position}`)).toEqual([
      "0 begin 1",
      "50 heal 1",
      "50 begin 0",
      "50 begin 2",
    ]);
  });
});

const scheduled = fc
  .record({ atMs: fc.nat(100), lastsMs: fc.option(fc.integer({ min: 1, max: 50 })), fault: fc.constantFrom(cut, reboot) })
  .map(({ atMs, lastsMs, fault }) => ({ atMs, fault, ...(lastsMs === null || !lasts(fault) ? {} : { healAtMs: atMs + lastsMs }) }));
const schedules: fc.Arbitrary<Schedule> = fc.record({ seed: fc.nat(), faults: fc.array(scheduled, { maxLength: 12 }) });

describe("healing", () => {
  it("undoes exactly what stands after any beginning of any schedule, the latest first", () => {
    fc.assert(
      fc.property(schedules, fc.nat(24), (schedule, count) => {
        const done = stepsOf(schedule).slice(0, count);
        const begun = done.filter(({ act }) => act === "begin").map(({ position }) => position);
        const healed = done.filter(({ act }) => act === "heal").map(({ position }) => position);
        const standing = begun.filter((position) => lasts(schedule.faults[position]!.fault) && !healed.includes(position));
        expect(healing(schedule, done)).toEqual(standing.toReversed());
      }),
    );
  });
});

describe("scheduleProblems", () => {
  it("finds nothing wrong with a schedule whose times fit", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(scheduleProblems(schedule)).toEqual([]);
      }),
    );
  });

  it("names the fault whose times do not", () => {
    const faults = [
      { atMs: -1, fault: cut },
      { atMs: 5, fault: cut, healAtMs: 5 },
      { atMs: 5, fault: reboot, healAtMs: 9 },
      { atMs: Number.NaN, fault: cut },
    ];
    expect(scheduleProblems({ seed: 1, faults }).map(({ message }) => message)).toEqual([
      "fault 1 (cut) begins at -1 ms",
      "fault 2 (cut) begins at 5 ms and is healed at 5 ms",
      "fault 3 (node-reboot) is over when it has happened, and cannot be healed",
      "fault 4 (cut) begins at NaN ms",
    ]);
  });
});

import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { lockNode } from "./node-lock.ts";

const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => await pause(milliseconds) };

it("a node's second agent is told who is its agent, and is it once that one has gone", async () => {
  const name = `\0farmlab-test-${process.pid}`;
  const first = await lockNode(name, 77, clock);
  expect(first.held).toBe(true);
  expect(await lockNode(name, 78, clock)).toEqual({ held: false, pid: 77 });
  if (first.held) first.release();
  const second = await lockNode(name, 78, clock);
  expect(second.held).toBe(true);
  if (second.held) second.release();
});

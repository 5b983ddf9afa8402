/**
 * Client of a lab's wire, over the socket in its node. Requests (emulator/native/wire_control.c): `set LINK DIRECTION RULE key=value...`,
 * `clear LINK DIRECTION RULE`, `carrier LINK END up|down`, `decisions FROM`, `stats`; answers end with `ok ...` or `error MESSAGE`.
 */
import { createConnection } from "node:net";
import { decodeLine, encodeLine } from "../../core/common/index.ts";
import { LabError } from "../lab-error.ts";
import type { Lab } from "../lab.ts";
import { wireOf, wireSocket, type Direction, type WirePlan } from "./insert-wire.ts";
import { ruleFields, type WireRule } from "./rule.ts";

const answerWaitMs = 10_000;

/** A decision that was not to pass the packet as it is. */
export interface WireDecision {
  readonly link: string;
  readonly direction: Direction;
  readonly rule: string;
  readonly flow: string;
  /** Within the flow, from 1. */
  readonly index: number;
  readonly what: "drop" | "delay" | "reorder" | "duplicate" | "corrupt";
  /** Of delay: microseconds in all; of reorder: how many packets were to pass it; of corrupt: which bit, counted from the frame's first. */
  readonly amount: number;
}

/** Frames of one direction, by what became of them. */
export interface WireCounters {
  readonly link: string;
  readonly direction: Direction;
  /** received, sent, lost, cut, delayed, reordered, duplicated, corrupted, rateFull, waitingFull, flowsFull, ringFull, tooLong, notSent. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Wire {
  readonly plan: WirePlan;
  /** A rule of that name begins anew, its flows counted from their next packet; requests throw a LabError with what the wire says. */
  setRule(link: string, direction: Direction, name: string, rule: WireRule): Promise<void>;
  /** Nothing happens where there is no such rule. */
  clearRule(link: string, direction: Direction, name: string): Promise<void>;
  /** Whether the node at that end of the link sees a carrier. */
  setCarrier(link: string, end: Direction, state: "up" | "down"): Promise<void>;
  /**
   * All decisions, in an order that does not depend on which of two flows was faster. `cut` counts those that were made when there
   * was no more room for them: with them the list is not whole.
   */
  decisions(): Promise<{ readonly decisions: readonly WireDecision[]; readonly cut: number }>;
  counters(): Promise<readonly WireCounters[]>;
}

/** One request on a connection of its own: the lines before the last, and the last, which is `ok ...`. */
function ask(path: string, fields: readonly string[]): Promise<{ lines: string[][]; last: string[] }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path, () => void socket.write(encodeLine(fields)));
    const lines: string[][] = [];
    let rest = "";
    const take = (line: string[]): void => {
      if (line[0] === "ok") resolve({ lines, last: line });
      else if (line[0] === "error") reject(new LabError("wire", `the wire refused "${fields.slice(0, 4).join(" ")}": ${line[1] ?? ""}`));
      else return void lines.push(line);
      socket.destroy();
    };
    socket.setEncoding("utf8");
    socket.setTimeout(answerWaitMs, () => socket.destroy(new Error(`it did not answer within ${answerWaitMs} ms`)));
    socket.on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) take(decodeLine(part));
    });
    socket.on("error", (error) => reject(new LabError("wire", `the wire: ${error.message}`)));
    socket.on("close", () => reject(new LabError("wire", "the wire closed the connection")));
  });
}

const readDirection = (text: string | undefined): Direction => (text === "0" ? 0 : 1);

function readDecision([, link = "", direction, rule = "", flow = "", index, what, amount]: readonly string[]): WireDecision {
  return {
    link,
    direction: readDirection(direction),
    rule,
    flow,
    index: Number(index),
    what: what as WireDecision["what"],
    amount: Number(amount),
  };
}

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function inOrder(one: WireDecision, other: WireDecision): number {
  return (
    byText(one.link, other.link) ||
    one.direction - other.direction ||
    byText(one.rule, other.rule) ||
    byText(one.flow, other.flow) ||
    one.index - other.index ||
    byText(one.what, other.what)
  );
}

/** One line: `LINK DIRECTION RULE FLOW INDEX WHAT AMOUNT`, tabs between; two runs with one seed are compared by these. */
export function decisionLine(decision: WireDecision): string {
  const { link, direction, rule, flow, index, what, amount } = decision;
  return encodeLine([link, String(direction), rule, flow, String(index), what, String(amount)]).trimEnd();
}

/** The wire of a lab; undefined where its topology has none. */
export function wireOfLab(lab: Pick<Lab, "topology" | "node">): Wire | undefined {
  const plan = wireOf(lab.topology);
  if (plan === undefined) return undefined;
  const path = lab.node(plan.node).hostPath(wireSocket);
  const tell = async (...fields: string[]): Promise<void> => void (await ask(path, fields));
  return {
    plan,
    setRule: (link, direction, name, rule) => tell("set", link, String(direction), name, ...ruleFields(rule)),
    clearRule: (link, direction, name) => tell("clear", link, String(direction), name),
    setCarrier: (link, end, state) => tell("carrier", link, String(end), state),
    async decisions() {
      const decisions: WireDecision[] = [];
      for (let from = 0, cut = 0; ;) {
        const { lines, last } = await ask(path, ["decisions", String(from)]);
        decisions.push(...lines.map(readDecision));
        [from, cut] = [Number(last[1]), Number(last[2])];
        if (lines.length === 0) return { decisions: decisions.toSorted(inOrder), cut };
      }
    },
    async counters() {
      const { lines } = await ask(path, ["stats"]);
      return lines.map(([, link = "", direction, ...pairs]) => ({
        link,
        direction: readDirection(direction),
        counters: Object.fromEntries(pairs.map((pair) => [pair.split("=")[0] ?? "", Number(pair.split("=")[1])])),
      }));
    },
  };
}

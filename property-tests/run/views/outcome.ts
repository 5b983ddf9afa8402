/** How a flow ends, as any of the views tells it, so that views can be compared. */
import { formatAddress, sameAddress } from "../../../core/common/index.ts";
import type { Address } from "../../../core/common/index.ts";
import type { NotDelivered } from "../../oracle/index.ts";
import type { LabTables } from "./tables/lab-tables.ts";

/** Places are `node` or `node/namespace`. */
export type FlowOutcome =
  /** The packet came to who answered, and the answer came back. */
  | { readonly kind: "answered"; readonly by: string }
  /** The packet came to its destination, and its answer ended on the way back. */
  | { readonly kind: "answer-lost"; readonly by: string; readonly at: string; readonly why: string }
  | { readonly kind: "refused" | "lost"; readonly at: string; readonly why: string };

/** What a view that follows the packet has found; parts that it cannot tell are absent. */
export interface Found {
  readonly outcome: FlowOutcome;
  /** Namespaces in which the packet itself was seen to come in, in their order. */
  readonly entered: readonly string[];
  /** By what the namespace before let it come into one of these. */
  readonly letBy?: ReadonlyMap<string, string>;
  /** The source with which the packet came to its end. */
  readonly source?: Address;
  /** Routing namespaces that took one from its TTL. */
  readonly hops?: number;
}

/** What the oracle needs to be so. */
export type Expected =
  | { readonly kind: "answered"; readonly by: string; readonly who: string; readonly source?: Address; readonly hops?: number }
  | { readonly kind: "refused"; readonly by: NotDelivered["refusedBy"] }
  /** Nobody of these may get it. */
  | { readonly kind: "kept-away"; readonly from: ReadonlySet<string> };

/** Where it ends, for `View.ends`. */
export function endsText(outcome: FlowOutcome): string {
  if (outcome.kind === "answered") return outcome.by;
  return outcome.kind === "answer-lost" ? `${outcome.at} (its answer)` : outcome.at;
}

export function outcomeText(outcome: FlowOutcome): string {
  switch (outcome.kind) {
    case "answered":
      return `it comes to ${outcome.by}, and the answer comes back`;
    case "answer-lost":
      return `it comes to ${outcome.by}, but the answer ends in ${outcome.at}: ${outcome.why}`;
    case "refused":
    case "lost":
      return `it ends in ${outcome.at}: ${outcome.why}`;
  }
}

/** More than a packet of a farm that is in order passes; one that goes round in circles passes more. */
const placesShown = 16;

/** A packet's way, `⇢` where it goes inside another one. */
export function wayText(way: readonly { readonly where: string; readonly isInside: boolean }[]): string {
  const steps = way.filter(({ where }, index) => where !== way[index - 1]?.where);
  const shown = steps.slice(0, placesShown).map(({ where, isInside }, index) => `${index === 0 ? "" : isInside ? " ⇢ " : " → "}${where}`);
  return `${shown.join("")}${steps.length > placesShown ? ` … and ${steps.length - placesShown} more` : ""}`;
}

/** Whether two views have it end in one way. That a refusal is told to the sender is not compared: its error may be lost. */
export function sameOutcome(one: FlowOutcome, other: FlowOutcome): boolean {
  if (one.kind === "answered" || other.kind === "answered")
    return one.kind === other.kind && "by" in one && "by" in other && one.by === other.by;
  if (one.kind === "answer-lost" || other.kind === "answer-lost") return one.kind === other.kind && one.at === other.at;
  return one.at === other.at;
}

const holds = (tables: LabTables, where: string, address: Address): boolean =>
  tables.places.get(where)?.interfaces.some((link) => link.addresses.some((one) => sameAddress(one, address))) === true;

/** In what a view contradicts the oracle; undefined where it does not. */
export function contradiction(expected: Expected, found: Found, tables: LabTables): string | undefined {
  const { outcome, entered, letBy, source, hops } = found;
  switch (expected.kind) {
    case "answered": {
      if (outcome.kind !== "answered") return outcomeText(outcome);
      if (outcome.by !== expected.by) return `${outcome.by} gets it, not ${expected.who}`;
      if (expected.source !== undefined && source !== undefined && !sameAddress(expected.source, source)) {
        return `it comes from ${formatAddress(source)}, not from ${formatAddress(expected.source)}`;
      }
      if (expected.hops !== undefined && hops !== undefined && hops !== expected.hops)
        return `it passes ${hops} hops, not ${expected.hops}`;
      return undefined;
    }
    case "refused": {
      if (outcome.kind !== "refused") return outcomeText(outcome);
      const allowed = expected.by?.addresses ?? [];
      return allowed.length === 0 || allowed.some((address) => holds(tables, outcome.at, address))
        ? undefined
        : `${outcome.at} refuses it, not ${expected.by?.who}`;
    }
    case "kept-away": {
      const reached = entered.find((where) => expected.from.has(where));
      const by = reached === undefined ? undefined : letBy?.get(reached);
      if (reached !== undefined) return `it comes into ${reached}${by === undefined ? "" : `: ${by}`}`;
      return "by" in outcome && expected.from.has(outcome.by) ? outcomeText(outcome) : undefined;
    }
  }
}

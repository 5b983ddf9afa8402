/** What was seen of flows while a timeline was carried out. All times are milliseconds from its zero point. */
import type { Timeline } from "../../../core/farm/index.ts";
import type { Flow } from "../../oracle/index.ts";
import type { Sent } from "../session.ts";

export interface Observation {
  readonly flow: Flow;
  readonly fromMs: number;
  readonly toMs: number;
  /** The sender's own port, where it was chosen. */
  readonly sourcePort?: number;
  /** Absent where the probe could not even be sent. */
  readonly sent?: Sent;
  readonly error?: string;
}

export interface TimelineRun {
  /** The zero point, in milliseconds since the epoch, as the logs of the lab's nodes have it. */
  readonly zeroAt: number;
  /** What happened, at the times at which it began to: those of the farm file are when it was to happen. */
  readonly happened: Timeline;
  /** The longest that it took, from the moment at which it began: a fault to be there, to be healed or over, a change to be carried out by all agents. */
  readonly onsetMs: number;
  readonly doneMs: number;
  readonly changeMs: number;
  readonly observations: readonly Observation[];
  /** When everything was healed, and when after that all flows had come back; null: they had not when the deadline passed. */
  readonly healedMs: number;
  readonly recoveredMs: number | null;
  /** What kept the farm from being as it was, by the harness's own look; empty where nothing did. */
  readonly unsettled: readonly string[];
}

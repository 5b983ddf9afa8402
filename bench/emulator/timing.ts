/** What one bring-up cost, measured inside of the process that did it. */

export interface Timing {
  /** Milliseconds from nothing to every node, link, address and route. */
  readonly upMs: number;
  /** From there to the first answered ping from end to end. */
  readonly pingMs: number;
  readonly downMs: number;
  /** What passed before it could begin: the start of its process, of its interpreter, of its imports. */
  readonly startMs: number;
}

export const totalMs = ({ upMs, pingMs, downMs }: Timing): number => upMs + pingMs + downMs;

/** The agent's log: one JSON line per event on standard output, which farmlab-init keeps. Keys never come here. */

/** Takes an event's name and its figures. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

export function createLog(write: (line: string) => void, now: () => Date): Log {
  return (event, fields = {}) => {
    const at = now();
    // A clock may be so wrong that no calendar has its time.
    const text = Number.isNaN(at.getTime()) ? "no time of any calendar" : at.toISOString();
    write(`${JSON.stringify({ at: text, event, ...fields })}\n`);
  };
}

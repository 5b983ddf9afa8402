/** The agent's log: one JSON line per event on standard output, which farmlab-init keeps. Keys never come here. */

/** Takes an event's name and its figures. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

export function createLog(write: (line: string) => void, now: () => Date): Log {
  return (event, fields = {}) => write(`${JSON.stringify({ at: now().toISOString(), event, ...fields })}\n`);
}

/** What agents noted in their logs while something was judged: of a packet that was lost but once, nothing else tells why afterwards. */
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Session } from "./session.ts";

export interface AgentNote {
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly at: number;
  readonly node: string;
  readonly text: string;
}

const logFile = "/var/log/farmlab/agent.log";
/** The end of a log that is looked at. */
const bytesMost = 256 * 1024;
/** What a note says of its fields, at most. */
const charactersMost = 200;

/** One line of a log; undefined for what is none, as the first one that is cut, or has the time of no calendar. */
export function readNote(node: string, line: string): AgentNote | undefined {
  try {
    const { at, event, ...fields } = JSON.parse(line) as { readonly at?: unknown; readonly event?: unknown };
    const time = Date.parse(String(at));
    if (Number.isNaN(time) || typeof event !== "string") return undefined;
    const figures = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
    return { at: time, node, text: `${event}${figures.length > charactersMost ? `${figures.slice(0, charactersMost)}…` : figures}` };
  } catch {
    return undefined;
  }
}

/** Of all agents between the two times, in the order of time. A node that cannot be looked at any more has none. */
export async function agentNotes(session: Pick<Session, "farm" | "read">, from: number, to: number): Promise<readonly AgentNote[]> {
  const read = emulatedNodes(session.farm).map(async ({ name }) => {
    const said = await session.read({ node: name }, ["tail", "-c", String(bytesMost), logFile]).catch(() => "");
    return said.split("\n").flatMap((line) => readNote(name, line) ?? []);
  });
  return (await Promise.all(read))
    .flat()
    .filter(({ at }) => at >= from && at <= to)
    .toSorted((one, other) => one.at - other.at);
}

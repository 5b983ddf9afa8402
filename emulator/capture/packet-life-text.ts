/** The life of a packet for people: a line for each place where it was seen, and what became of it. */
import { formatAddress } from "../../core/common/index.ts";
import { dropText } from "./drop-reasons.ts";
import type { LifeStep, PacketLife } from "./follow-packet.ts";
import type { PacketChange } from "./packet-changes.ts";
import { icmpText, packetSummary } from "./packet-summary.ts";
import type { Sighting } from "./sightings.ts";

const recordedText = (recorded: string | undefined): string => (recorded === undefined ? "by its content" : `on record in ${recorded}`);

function changeText(change: PacketChange): string {
  switch (change.kind) {
    case "ttl":
      return `ttl ${change.from} → ${change.to}`;
    case "source":
    case "destination":
      return `${change.kind} ${change.from} → ${change.to} (${recordedText(change.recorded)})`;
    case "echo-id":
      return `echo id ${change.from} → ${change.to} (${recordedText(change.recorded)})`;
    case "mac":
      return `MAC ${change.to}`;
    case "vlan":
      return `VLAN ${change.from} → ${change.to}`;
    case "into-tunnel": {
      const doubt = change.others === 0 ? "" : ` (${change.others} more would fit)`;
      return `encrypted by ${change.interface}${doubt}`;
    }
    case "out-of-tunnel":
      return "decrypted";
  }
}

/** Milliseconds with microseconds. */
function sinceText(step: LifeStep, startNs: bigint): string {
  const micros = (step.sighting.packet.timeNs - startNs) / 1000n;
  return `+${micros / 1000n}.${String(micros % 1000n).padStart(3, "0")} ms`;
}

/** What is known where nobody said anything of it. */
function lastText({ packet, where }: Sighting, dropsKnown: boolean): string {
  const link = packet.interface.name;
  if (packet.direction === "out") return `last seen leaving ${where} by ${link}`;
  return dropsKnown
    ? `arrived in ${where}, which did not drop it`
    : `last seen entering ${where} by ${link}; whether it was dropped there is not given by this host`;
}

function fateLines({ fate, steps, alike, dropsKnown, lost }: PacketLife): string[] {
  const drops = fate.drops.map((drop) => `dropped in ${dropText(drop)}`);
  const errors = fate.errors.flatMap(({ decoded: { ip, transport } }) =>
    ip === undefined || transport === undefined || !("error" in transport)
      ? []
      : [`refused by ${formatAddress(ip.source)}: ${icmpText(transport)}`],
  );
  const answered = fate.answer?.decoded.ip === undefined ? [] : [`answered by ${formatAddress(fate.answer.decoded.ip.source)}`];
  const told = [...drops, ...errors, ...answered];
  const last = steps.at(-1)?.sighting;
  if (told.length === 0 && last !== undefined) told.push(lastText(last, dropsKnown));
  if (alike > 0) told.push(`${alike} more ${alike === 1 ? "packet is" : "packets are"} just like it: one may stand for another here`);
  return lost === 0 ? told : [...told, `the captures miss ${lost} packets, of which this may be one somewhere`];
}

export function packetLifeText(life: PacketLife): string {
  const [first] = life.steps;
  if (first === undefined) return "never seen\n";
  const startNs = first.sighting.packet.timeNs;
  const rows = life.steps.map((step) => {
    const { packet, decoded } = step.sighting;
    const changes = step.changes.map(changeText).join("; ");
    const isFirst = step === first || step.changes.some(({ kind }) => kind === "into-tunnel");
    return {
      since: sinceText(step, startNs),
      place: `${"  ".repeat(step.depth)}${packet.interface.name}`,
      direction: (packet.direction ?? "?").padEnd(3),
      what: isFirst ? [packetSummary(decoded), changes].filter((text) => text !== "").join("; ") : changes || "unchanged",
    };
  });
  const width = { since: Math.max(...rows.map((row) => row.since.length)), place: Math.max(...rows.map((row) => row.place.length)) };
  const lines = rows.map(
    ({ since, place, direction, what }) => `${since.padStart(width.since)}  ${place.padEnd(width.place)}  ${direction}  ${what}`,
  );
  return `${[...lines, ...fateLines(life)].join("\n")}\n`;
}

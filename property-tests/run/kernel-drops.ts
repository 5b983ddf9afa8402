/**
 * What the kernel threw away of the very packets that broke a law. A flow that is sent once more may arrive; of the packet that did not, only
 * this tells.
 */
import { decodePacket, dropText, linkTypes } from "../../emulator/capture/index.ts";
import type { PacketDrop } from "../../emulator/capture/index.ts";

/** The drops of a lab, the latest ones. */
export type RecentDrops = () => readonly PacketDrop[];

/** Each is told in words, and what is dropped once is mostly dropped often. */
const dropsToTell = 6;

const ofProbe = ({ bytes }: PacketDrop, tokens: readonly string[]): boolean => {
  const text = Buffer.from(bytes).toString("latin1");
  return tokens.some((token) => text.includes(token));
};

/** Whose it was cannot be seen, but where packets of tunnels are lost it may have been any. */
const isTunnelled = ({ bytes }: PacketDrop): boolean => decodePacket(linkTypes.rawIp, bytes).wireGuard?.message === "data";

const listed = (drops: readonly PacketDrop[]): string => {
  const counts = new Map<string, number>();
  for (const drop of drops) counts.set(dropText(drop), (counts.get(dropText(drop)) ?? 0) + 1);
  const texts = [...counts].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`));
  const more = texts.length > dropsToTell ? [`and ${texts.length - dropsToTell} more`] : [];
  return [...texts.slice(0, dropsToTell), ...more].join("; ");
};

/**
 * Of the drops since then (nanoseconds since 1970) those of probes with one of the tokens, and those of tunnels' packets; undefined where there
 * were none.
 */
export function dropsText(drops: readonly PacketDrop[], tokens: readonly string[], sinceNs: bigint): string | undefined {
  const since = drops.filter(({ timeNs }) => timeNs >= sinceNs);
  const probes = since.filter((drop) => ofProbe(drop, tokens));
  const tunnelled = since.filter((drop) => isTunnelled(drop));
  const lines = [
    ...(probes.length === 0 ? [] : [`the kernel threw away of these packets: in ${listed(probes)}`]),
    ...(tunnelled.length === 0 ? [] : [`the kernel threw away of tunnels' packets meanwhile: in ${listed(tunnelled)}`]),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}

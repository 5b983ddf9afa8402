/** Which laws need which capability of the host: told by their properties, and for what has a stand-in by what it stands in for. */
import type { Capability } from "../emulator/host/index.ts";
import { laws } from "../property-tests/laws/index.ts";

/** Laws that are judged over what has a stand-in: no property needs it, but what they are judged over differs from host to host. */
const judgedOver: Readonly<Record<string, readonly string[]>> = {
  wireguard: ["EX-7", "EX-8", "EX-9", "EX-10", "EX-11", "EX-18", "EX-20", "EX-23"],
};

/** Ids of the laws that need a capability, in the registry's order; of what every lab needs, all that are judged on a lab. */
export function lawsNeeding({ capability, required }: Pick<Capability, "capability" | "required">): readonly string[] {
  return laws
    .filter(
      ({ id, kind, properties }) =>
        (required && kind === "lab") ||
        properties.some(({ needs }) => needs.includes(capability)) ||
        judgedOver[capability]?.includes(id) === true,
    )
    .map(({ id }) => id);
}

/** `EX-7 to EX-10, EX-20`: three and more in a row are told by their ends. */
export function lawRanges(ids: readonly string[]): string {
  const partsOf = (id: string): readonly [string, number] => [id.replace(/\d+$/, ""), Number(/\d+$/.exec(id)?.[0] ?? 0)];
  const rows: string[][] = [];
  for (const id of ids) {
    const row = rows.at(-1);
    const [prefix, number] = partsOf(id);
    const [lastPrefix, lastNumber] = partsOf(row?.at(-1) ?? "");
    if (row !== undefined && prefix === lastPrefix && number === lastNumber + 1) row.push(id);
    else rows.push([id]);
  }
  return rows.flatMap((row) => (row.length < 3 ? row : [`${row[0] ?? ""} to ${row.at(-1) ?? ""}`])).join(", ");
}

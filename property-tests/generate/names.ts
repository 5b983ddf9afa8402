/** How what is generated is called: plainly, as long as a name may be, or with words that YAML could take for something else. */

const longest = 20;
const yamlWords = ["null", "true", "no", "1e3", "0x1f", "off", "007", "on", "yes", "y"] as const;

export const namings = ["plain", "long", "yaml"] as const;

/** The name of the thing of a kind at a position, counted from 0. Kinds begin with different letters, and have at most 10 of them. */
export function nameOf(naming: number, kind: string, position: number): string {
  const number = String(position + 1);
  const plain = `${kind}-${number}`;
  if (namings[naming] === "long") return `${kind}-`.padEnd(longest - number.length, "0") + number;
  if (namings[naming] === "yaml" && (kind === "node" || kind === "net")) return yamlWords[position] ?? plain;
  return plain;
}

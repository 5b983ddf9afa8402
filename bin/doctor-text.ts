/** What `farmlab doctor` prints for people: the machine, then its capabilities by what they are for. */
import type { Area, Capability, HostReport } from "../emulator/host/index.ts";
import { lawRanges } from "./host-laws.ts";

export interface DoctorTextOptions {
  /** Of the terminal; what is narrower or wider than can be read well is taken as 80 or 120. */
  readonly columns: number;
  readonly colour: boolean;
  /** Ids of the laws that need a capability. */
  readonly lawsOf: (capability: Capability) => readonly string[];
}

type Colour = "green" | "red" | "yellow" | "bold" | "dim";
const codes: Readonly<Record<Colour, string>> = { green: "32", red: "31", yellow: "33", bold: "1", dim: "2" };

const leastColumns = 80;
const mostColumns = 120;
const stateColumns = 5;
const gibibyte = 2 ** 30;

const headings: Readonly<Record<Area, string>> = {
  labs: "Some labs",
  containerlab: "Labs of the containerlab backend",
  rootless: "Labs of ordinary users",
  building: "Building the node image and the native helper",
};

/** Words in lines of at most `width` characters; a longer word has a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Each on lines of its own: what it is for, and the laws; then what was found, or what is done without it and how to get it. */
function sentences(one: Capability, lawsOf: DoctorTextOptions["lawsOf"]): string[] {
  const laws = one.required ? [] : lawsOf(one);
  const known = [one.usedFor, ...(laws.length === 0 ? [] : [`laws: ${lawRanges(laws)}`])];
  if (one.present) return [...known, ...(one.found === null ? [] : [`found: ${one.found}`])];
  if (!one.tried) return [...known, `not looked at; to look: ${one.how ?? "unknown"}`];
  const without = one.required ? "no lab runs without it" : `instead: ${one.standIn ?? "nothing; what needs it is skipped by name"}`;
  return [...known, `answer: ${one.answer ?? "none"}`, without, `to get it: ${one.how ?? "unknown"}`];
}

function machineLine({ machine, root }: HostReport): string {
  const memory = [machine.memoryBytes, machine.freeMemoryBytes].map((bytes) => (bytes / gibibyte).toFixed(1));
  const cores = machine.cores === 1 ? "1 core" : `${machine.cores} cores`;
  return `Linux ${machine.kernel} on ${machine.architecture}, ${cores}, ${memory[0] ?? ""} GiB of memory (${memory[1] ?? ""} free), ${root ? "as root" : "not as root"}`;
}

/** The whole text; the answers of kernel and tools in it are theirs, all else is ours. */
export function doctorText(report: HostReport, options: DoctorTextOptions): string {
  const paint = (colour: Colour, text: string): string => (options.colour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text);
  const columns = Math.min(mostColumns, Math.max(leastColumns, options.columns));
  const nameColumns = 2 + Math.max(...report.capabilities.map(({ capability }) => capability.length));

  const row = (one: Capability): string[] => {
    const [state, colour] = one.present
      ? (["yes", "green"] as const)
      : one.tried
        ? (["no", one.required ? "red" : "yellow"] as const)
        : (["?", "yellow"] as const);
    const [first = "", ...rest] = sentences(one, options.lawsOf).flatMap((sentence) =>
      wrap(sentence, columns - nameColumns - stateColumns - 2),
    );
    const margin = " ".repeat(2 + nameColumns + stateColumns);
    return [
      `  ${one.capability.padEnd(nameColumns)}${paint(colour, state.padEnd(stateColumns))}${first}`,
      ...rest.map((line) => `${margin}${paint("dim", line)}`),
    ];
  };
  const section = (heading: string, rows: readonly Capability[]): string[] =>
    rows.length === 0 ? [] : ["", ...wrap(heading, columns).map((line) => paint("bold", line)), ...rows.flatMap(row)];

  const required = report.capabilities.filter((one) => one.required);
  const everyLab = `Every lab, and so the laws ${lawRanges([...new Set(required.flatMap(options.lawsOf))])}`;
  const areas = (Object.keys(headings) as Area[]).flatMap((area) =>
    section(
      headings[area],
      report.capabilities.filter((one) => one.area === area && !one.required),
    ),
  );
  const choices = Object.entries(report.choices).map(([subject, choice]) => `${subject}: ${choice}`);
  return `${[machineLine(report), ...section(everyLab, required), ...areas, "", ...wrap(`Labs here use ${choices.join(", ")}.`, columns)].join("\n")}\n`;
}

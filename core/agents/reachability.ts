/** Measuring whether new flows from the internet reach the node: against a reflector, never by looking at an address' range. */
import type { Reachability } from "../intents/index.ts";
import type { AgentConfiguration } from "./configuration.ts";
import type { ProgramRunner } from "../programs/index.ts";

export type MeasuredFamily = "ipv4" | "ipv6";
export type Measured = Readonly<Record<MeasuredFamily, Reachability>>;

export interface MeasureParts {
  readonly native: string;
  readonly reflector: AgentConfiguration["reflector"];
  readonly programs: Pick<ProgramRunner, "run">;
}

/**
 * Measures from a namespace of the node (`host` for its own). A family without a reflector counts as `none`. Throws when the
 * measurement itself fails, which says nothing of reachability.
 */
export async function measureReachability(parts: MeasureParts, namespace: string): Promise<Measured> {
  const { ipv4, ipv6 } = parts.reflector;
  if (ipv4 === undefined && ipv6 === undefined) return { ipv4: "none", ipv6: "none" };
  const targets = [...(ipv4 === undefined ? [] : ["--reflector4", ipv4]), ...(ipv6 === undefined ? [] : ["--reflector6", ipv6])];
  const result = await parts.programs.run({ namespace, argv: [parts.native, "reach", ...targets] });
  if (result.code !== 0) throw new Error(`reachability was not measured: exit code ${result.code}: ${result.stderr.trim().slice(0, 300)}`);
  return readMeasured(result.stdout);
}

/** Reads the one line `{"ipv4":{"reachability":...,"seen":...,"local":...},"ipv6":{...}}`. */
export function readMeasured(text: string): Measured {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("reachability was not measured: the answer is not JSON");
  }
  const families = (value ?? {}) as Partial<Record<"ipv4" | "ipv6", { reachability?: unknown; seen?: unknown; local?: unknown } | null>>;
  const of = (family: "ipv4" | "ipv6"): Reachability => {
    const found = families[family] ?? {};
    if (found.reachability !== "public" && found.reachability !== "hidden") return "none";
    // Behind a NAT no new flow comes in at the address that the node would publish, whatever a mapping of the moment lets pass.
    const translated = typeof found.seen === "string" && typeof found.local === "string" && found.seen !== found.local;
    return translated ? "hidden" : found.reachability;
  };
  return { ipv4: of("ipv4"), ipv6: of("ipv6") };
}

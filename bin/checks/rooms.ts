/** The rooms and what each may import; through them, also what those may. */

type Allowed = "yes" | "types" | "no";

interface Room {
  readonly imports: readonly string[];
  /** Rooms whose types alone may be imported. */
  readonly types?: readonly string[];
}

const coreRooms = [
  "common",
  "farm",
  "derive",
  "allocate",
  "intents",
  "plan",
  "check",
  "apply",
  "store",
  "programs",
  "agents",
  "kudo",
  "manage",
].map((name) => `core/${name}`);
const engine = [...coreRooms, "emulator", "topologies", "dataplane", "dataplane/protocol", "reports"];

const rooms: Readonly<Record<string, Room>> = {
  "core/common": { imports: [] },
  "core/farm": { imports: ["core/common"] },
  "core/derive": { imports: ["core/farm"] },
  "core/allocate": { imports: ["core/derive"] },
  "core/intents": { imports: ["core/allocate"] },
  "core/plan": { imports: ["core/derive"], types: ["core/intents"] },
  "core/check": { imports: ["core/allocate", "core/plan"] },
  "core/apply": { imports: ["core/plan"] },
  "core/store": { imports: ["core/common"], types: ["core/intents"] },
  "core/programs": { imports: ["core/common"] },
  "core/agents": { imports: ["core/apply", "core/allocate", "core/kudo", "core/programs", "core/store", "dataplane/protocol"] },
  "core/kudo": { imports: ["core/apply"] },
  "core/manage": { imports: ["core/store", "core/check"] },
  emulator: { imports: ["core/programs"], types: ["core/farm"] },
  topologies: { imports: ["core/farm", "emulator"] },
  "dataplane/protocol": { imports: ["core/common", "core/plan"] },
  dataplane: { imports: ["dataplane/protocol", "core/common", "core/plan"] },
  reports: { imports: ["core/common"] },
  "property-tests": { imports: engine },
  bin: { imports: [...engine, "property-tests", "bench"] },
  bench: { imports: [...engine, "property-tests", "bin"] },
};

export const pureRooms: readonly string[] = ["common", "farm", "derive", "allocate", "intents", "plan", "check"].map(
  (name) => `core/${name}`,
);

export const oracleRoom = "property-tests/oracle";
/** The one file outside of its room that the oracle runs. */
export const oracleAddresses = "core/common/address.ts";
/** What the oracle may take types from. */
export const oracleTypes = "core/farm/";

/** The room a file lies in: the longest that fits. */
export function roomOf(file: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => file.startsWith(`${room}/`))
    .toSorted((one, other) => other.length - one.length)[0];
}

/** Whether files of one room may import files of another; a way that leads over types only gives types only. */
export function mayImport(from: string, to: string): Allowed {
  if (from === to) return "yes";
  const reached = new Map<string, Allowed>();
  const visit = (name: string, allowed: Allowed): void => {
    if (reached.get(name) === "yes" || reached.get(name) === allowed) return;
    reached.set(name, allowed);
    for (const next of rooms[name]?.imports ?? []) visit(next, allowed);
    for (const next of rooms[name]?.types ?? []) visit(next, "types");
  };
  visit(from, "yes");
  return reached.get(to) ?? "no";
}

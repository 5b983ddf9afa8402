/** What happens to the farm while it runs: faults, and networks and their resources that come and go. */
import { z } from "zod";
import { about, matching } from "../../common/reading/index.ts";
import type { FlowFilterEntry, TimelineEntry } from "../document.ts";
import type { FaultKind } from "../faults/fault.ts";
import { effectKeys, faultKeys, type TimelineKey } from "./fault-keys.ts";
import { delay, packetEdits } from "./packet-edits.ts";
import { amountBetween, listBetween, name, numberBetween, plugText, prefixText } from "./text.ts";

/** The last moment of a timeline. */
export const latestMs = 600_000;
/** Entries of a timeline, nodes of a partition. */
const mostEntries = 400;
const percent = (purpose: string): z.ZodType<number> => amountBetween(0, 100, purpose);
const port = (purpose: string): z.ZodType<number> => numberBetween(1, 65535, purpose);

const changeText = matching({
  code: "bad-change",
  what: "a network, or a network's resource on a node",
  hint: "write NETWORK, or NETWORK/NODE",
  pattern: "^[a-z0-9-]{1,20}(/[a-z0-9-]{1,20})?$",
  examples: ["blue", "blue/node-3"],
});

const serviceName = matching({
  code: "bad-process",
  what: "a daemon's name",
  hint: "write it as `farmlab exec LAB NODE` shows it, such as agent",
  pattern: "^[a-z][a-z0-9-]{0,30}$",
  examples: ["agent", "zebra"],
});

const folderText = matching({
  code: "bad-folder",
  what: "a folder",
  hint: "write an absolute path, such as /run",
  pattern: "^(/[a-z0-9][a-z0-9._-]{0,60}){1,8}$",
  examples: ["/run", "/tmp"],
});

const filter: z.ZodType<FlowFilterEntry> = z.strictObject({
  protocol: about("of this protocol", z.enum(["tcp", "udp", "icmp", "icmpv6", "arp"])).exactOptional(),
  source: about("from an address of this prefix", prefixText(4, 6)).exactOptional(),
  destination: about("to an address of this prefix", prefixText(4, 6)).exactOptional(),
  "source-port": port("from this port").exactOptional(),
  "destination-port": port("to this port").exactOptional(),
});

/** What an entry does is said by one of these. */
const acts = ["fault", "join", "leave"] as const;
const kinds = Object.keys(faultKeys) as FaultKind[];

interface Mistake {
  readonly key?: TimelineKey;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function foreignKeys(keys: readonly TimelineKey[], allowed: readonly TimelineKey[], act: string): Mistake[] {
  return keys
    .filter((key) => !allowed.includes(key))
    .map((key) => ({
      key,
      code: "foreign-key",
      message: `"${key}" does not belong to ${act}`,
      hint: `what belongs to it: ${allowed.join(", ")}`,
    }));
}

function mistakesOf(entry: TimelineEntry): readonly Mistake[] {
  const keys = Object.keys(entry) as TimelineKey[];
  const [act, other] = acts.filter((key) => key in entry);
  if (act === undefined || other !== undefined) {
    const message =
      act === undefined ? "an entry of a timeline that does nothing" : `an entry of a timeline does one thing, not ${act} and ${other}`;
    return [{ code: "timeline-act", message, hint: "write one of fault: KIND, join: NETWORK and leave: NETWORK" }];
  }
  if (entry.fault === undefined) return foreignKeys(keys, ["at-ms", act], act);
  const { needed, optional } = faultKeys[entry.fault];
  const what = `fault: ${entry.fault}`;
  const missing = needed.filter((key) => !(key in entry));
  const mistakes: Mistake[] = [
    ...foreignKeys(keys, ["at-ms", "fault", ...needed, ...optional], what),
    ...missing.map((key) => ({ code: "missing-key", message: `"${key}" is missing: ${what} needs it`, hint: `add ${key}: to the entry` })),
  ];
  if (entry.fault === "packets" && !effectKeys.some((key) => key in entry)) {
    mistakes.push({ code: "empty-fault", message: "a fault of packets that does nothing", hint: `write one of ${effectKeys.join(", ")}` });
  }
  if (entry.fault === "agent-clock" && !("ahead-ms" in entry) && !("rate" in entry)) {
    mistakes.push({ code: "empty-fault", message: "a clock that is right is no fault", hint: "write ahead-ms or rate" });
  }
  return mistakes;
}

const entry: z.ZodType<TimelineEntry> = z
  .strictObject({
    "at-ms": numberBetween(0, latestMs, "when, in milliseconds from the moment at which the farm has come up and is settled"),
    "until-ms": numberBetween(1, latestMs, "when the fault is healed, left out: at the end").exactOptional(),
    join: about("a network, or its resource on a node with the workloads there, comes", changeText).exactOptional(),
    leave: about("it goes", changeText).exactOptional(),
    fault: about("what breaks", z.enum(kinds)).exactOptional(),
    link: about("packets, cut, link-down: the link that is plugged in there", plugText).exactOptional(),
    from: about("packets, cut: only what this node at one of its ends sends, else both ways", name).exactOptional(),
    "loss-percent": percent("packets: how many of a hundred are lost").exactOptional(),
    "delay-ms": delay("packets: how much later every one is").exactOptional(),
    "jitter-ms": delay("packets: by how much the delay varies, up and down").exactOptional(),
    "reorder-percent": percent("packets: how many of a hundred are held back until later ones have passed").exactOptional(),
    "reorder-behind": numberBetween(1, 1000, "packets: until how many have passed, 1 where it is left out").exactOptional(),
    "reorder-hold-ms": delay("packets: for how long at most, 100 where it is left out").exactOptional(),
    "duplicate-percent": percent("packets: how many of a hundred arrive twice").exactOptional(),
    "corrupt-percent": percent("packets: how many of a hundred have one bit turned over").exactOptional(),
    "rate-kbit": numberBetween(1, 1_000_000_000, "packets: thousands of bits that pass in a second").exactOptional(),
    "queue-ms": delay("packets: how long one waits for the rate before it is lost, 200 where it is left out").exactOptional(),
    only: about("packets: only those that all of this is true of", filter).exactOptional(),
    edits: packetEdits("packets: decisions about single packets, by hand", "the fault began").exactOptional(),
    nodes: about("partition: who is cut off from all others", listBetween(1, mostEntries, name)).exactOptional(),
    node: about("the other faults: where", name).exactOptional(),
    carrier: about(
      "node-death: whether its neighbours lose the carrier, kept where it is left out",
      z.enum(["kept", "lost"]),
    ).exactOptional(),
    service: about("process-kill: the daemon", serviceName).exactOptional(),
    signal: about("process-kill: SIGKILL where it is left out", z.enum(["SIGKILL", "SIGTERM"])).exactOptional(),
    "ahead-ms": amountBetween(-1e12, 1e12, "agent-clock: how far it is ahead, or behind where negative").exactOptional(),
    rate: amountBetween(0.001, 1000, "agent-clock: how many seconds it counts in one").exactOptional(),
    folder: about("disk-full: a folder of the file system that has no room left", folderText).exactOptional(),
  })
  .superRefine((written, context) => {
    for (const { key, code, message, hint } of mistakesOf(written)) {
      const path = key === undefined ? [] : [key];
      context.addIssue({ code: "custom", path, message, params: { code, hint, atKey: true } });
    }
  });

export const timeline: z.ZodType<TimelineEntry[]> = about("what happens while the farm runs", listBetween(0, mostEntries, entry));

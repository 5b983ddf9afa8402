/** Decisions by hand about single packets, of faults and of conditions. */
import { z } from "zod";
import { about, matching } from "../../common/reading/index.ts";
import type { PacketEditEntry } from "../document.ts";
import { amountBetween, listBetween, numberBetween } from "./text.ts";

/** Of one fault or condition; the wire's own bound. */
const mostEdits = 4000;
/** The wire delays nothing longer. */
const longestDelayMs = 60_000;

export const delay = (purpose: string): z.ZodType<number> => amountBetween(0, longestDelayMs, purpose);

const flowText = matching({
  code: "bad-flow",
  what: "a flow",
  hint: "write it as the wire's list of decisions does, or * for any",
  pattern: "^[!-~][ -~]{0,199}$",
  examples: ["udp 10.0.0.1:* > 10.0.0.2:7000 #1"],
});

/** `since` is from when on packets are counted. */
const edit = (since: string): z.ZodType<PacketEditEntry> =>
  z
    .strictObject({
      flow: about("the flow, or * for any", flowText),
      index: numberBetween(1, 1_000_000_000, `which of its packets, counted from when ${since}`),
      action: about(
        "what happens to that packet, in place of all that would be drawn",
        z.enum(["pass", "drop", "delay", "duplicate", "corrupt"]),
      ),
      "delay-ms": delay("of delay: by how much").exactOptional(),
    })
    .refine((entry) => (entry.action === "delay") === (entry["delay-ms"] !== undefined), {
      error: "delay-ms goes with action: delay, and with no other",
      params: { code: "edit-delay", hint: "write action: delay with delay-ms, or leave delay-ms out" },
    });

export const packetEdits = (purpose: string, since: string): z.ZodType<PacketEditEntry[]> =>
  about(purpose, listBetween(1, mostEdits, edit(since)));

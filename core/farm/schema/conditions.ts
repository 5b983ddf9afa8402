/** Link conditions: what links do to packets all the time. */
import { z } from "zod";
import type { ConditionEntry } from "../document.ts";
import { namedConditions, type ConditionName } from "../faults/conditions.ts";
import { about } from "../../common/reading/index.ts";
import { packetEdits } from "./packet-edits.ts";
import { amountBetween, name, numberBetween, plugText } from "./text.ts";

const names = Object.keys(namedConditions) as ConditionName[];

export const condition: z.ZodType<ConditionEntry> = z
  .strictObject({
    link: about("the link that is plugged in there", plugText).exactOptional(),
    segment: about("in place of link: every link that is plugged into this segment", name).exactOptional(),
    direction: about(
      "up: only what is sent from the link's plug, down: only what comes to it, else both",
      z.enum(["up", "down"]),
    ).exactOptional(),
    like: about("a condition by name, which the other keys change", z.enum(names)).exactOptional(),
    "delay-ms": amountBetween(0, 60_000, "how much later every packet is, one way").exactOptional(),
    "jitter-ms": amountBetween(0, 60_000, "by how much the delay varies, up and down").exactOptional(),
    "loss-percent": amountBetween(0, 100, "how many of a hundred packets are lost").exactOptional(),
    "rate-kbit": numberBetween(1, 1_000_000_000, "thousands of bits that pass in a second").exactOptional(),
    edits: packetEdits("decisions about single packets, by hand", "the farm came up").exactOptional(),
  })
  .refine((entry) => (entry.link === undefined) !== (entry.segment === undefined), {
    error: "a condition is either of a link or of a segment",
    params: { code: "condition-place", hint: "write either link: NODE:INTERFACE or segment: NAME" },
  })
  .refine((entry) => ["like", "delay-ms", "jitter-ms", "loss-percent", "rate-kbit", "edits"].some((key) => key in entry), {
    error: "a condition that does nothing",
    params: { code: "empty-condition", hint: "write like: 4g, or one of delay-ms, jitter-ms, loss-percent, rate-kbit, edits" },
  });

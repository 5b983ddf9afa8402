/** What the farmer expects: who reaches whom, also while something is broken. */
import { z } from "zod";
import { about, matching } from "../../common/reading/index.ts";
import type { ExpectationEntry } from "../document.ts";
import { listBetween, numberBetween, service } from "./text.ts";
import { latestMs } from "./timeline.ts";

const mostEntries = 400;

const party = (purpose: string): z.ZodType<string> =>
  about(
    purpose,
    matching({
      code: "bad-party",
      what: "a workload or the internet",
      hint: "write NETWORK/WORKLOAD, or internet",
      pattern: "^(internet|[a-z0-9-]{1,20}/[a-z0-9-]{1,20})$",
      examples: ["blue/blue-1", "internet"],
    }),
  );

const entry: z.ZodType<ExpectationEntry> = z
  .strictObject({
    from: party("who asks"),
    to: party("who is asked"),
    service: about("what is asked for, an echo where it is left out", service).exactOptional(),
    family: about("by which family, every one that both have where it is left out", z.enum(["ipv4", "ipv6"])).exactOptional(),
    reachable: about("whether an answer comes, true where it is left out", z.boolean()).exactOptional(),
    survives: about(
      "through which failures of a single part this has to hold",
      listBetween(1, 3, z.enum(["link", "node", "process"])),
    ).exactOptional(),
    "within-ms": numberBetween(0, latestMs, "with survives: how long it may be otherwise, 0 where it is left out").exactOptional(),
  })
  .refine((written) => written["within-ms"] === undefined || written.survives !== undefined, {
    error: "within-ms says for how long a failure may be felt, and no failure is named",
    params: { code: "within-what", hint: "add survives: [link, node, process], or some of them" },
  });

export const expectations: z.ZodType<ExpectationEntry[]> = about(
  "what the farmer expects: `farmlab run` judges it while nothing has failed (FE-1), `farmlab what-if` holds it against every failure",
  listBetween(0, mostEntries, entry),
);

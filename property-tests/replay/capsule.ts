/** The shape of a capsule: one file that holds a failure and all that is needed to see it again. Data only: nothing in it is ever run. */
import { z } from "zod";
import { about, fileSizeLimit } from "../../core/common/reading/index.ts";
import type { JsonSchema } from "../../core/common/reading/index.ts";
import type { Evidence } from "../run/evidence.ts";
import type { Occurrence } from "../run/happened.ts";

export const capsuleSchemaName = "farmlab.capsule/1";
/** Of one text in a capsule that is neither the farm nor a capture, in characters. */
export const textLimit = 20_000;
/** Of a capture, in characters of base64. */
export const captureLimit: number = fileSizeLimit / 2;
/** Of any list in a capsule. */
export const listLimit = 1000;

export interface CapsuleVersions {
  readonly farmlab: string;
  /** Of the checkout, or null outside one. */
  readonly commit: string | null;
  /** Hash of the sources that verdicts depend on. */
  readonly sources: string;
  readonly node: string;
  /** As `uname -r` says it. */
  readonly kernel: string;
  /** The node image, by its name; null where that is not known. */
  readonly image: string | null;
}

export interface CapsuleReduction {
  /** How many parts of each kind the farm had, and has. */
  readonly from: Readonly<Record<string, number>>;
  readonly to: Readonly<Record<string, number>>;
  /** As `Reduction.end`. */
  readonly end: "minimal" | "unsure" | "budget" | "does not fire";
  readonly removals: { readonly possible: number; readonly tried: number; readonly unknown: number };
  readonly emulations: number;
}

/** What a capsule holds besides the checksum. */
export interface CapsuleContent {
  readonly schema: typeof capsuleSchemaName;
  readonly law: string;
  readonly property: string;
  /** What the law saw, when it last failed on this farm. */
  readonly story: string;
  readonly scenario: {
    /** What the farm was called where the failure was found. */
    readonly file: string;
    readonly seed: number;
    /** The farm file's whole text, timeline included. */
    readonly farm: string;
  };
  readonly backend: "netns" | "containerlab";
  /** For a person to copy. */
  readonly reproduce: string;
  readonly versions: CapsuleVersions;
  readonly host: { readonly choices: Readonly<Record<string, string>>; readonly capabilities: readonly string[] };
  /** How often it failed when this very farm was run; null where it was not run again. */
  readonly firing: { readonly fired: number; readonly of: number } | null;
  /** Null where nobody tried to make the farm smaller. */
  readonly reduction: CapsuleReduction | null;
  readonly happened: readonly Occurrence[];
  readonly evidence: readonly Evidence[];
}

export interface Capsule extends CapsuleContent {
  /** SHA-256 over the content, in hexadecimal. */
  readonly checksum: string;
}

const text = (purpose: string, limit: number = textLimit): z.ZodType<string> => about(purpose, z.string().max(limit));
const texts = (purpose: string): z.ZodType<string[]> => about(purpose, z.array(z.string().max(textLimit)).max(listLimit));
const count = (purpose: string): z.ZodType<number> => about(purpose, z.int().min(0));
const named = <T>(purpose: string, value: z.ZodType<T>): z.ZodType<Record<string, T>> =>
  about(purpose, z.record(z.string().max(100), value));

const size = (purpose: string): z.ZodType<Record<string, number>> => named(purpose, z.int().min(0));

const evidence: z.ZodType<Evidence> = z.strictObject({
  law: text("the law that it is about"),
  property: text("its property"),
  flow: text("the flow that was sent once more"),
  story: text("what the property saw"),
  views: about(
    "what each view says of the packet",
    z
      .array(
        z.strictObject({
          view: about("which", z.enum(["oracle", "tables", "kernel", "wire"])),
          says: texts("a line each"),
          ends: about("where the packet ends, null where the view cannot tell", z.string().max(textLimit).nullable()),
        }),
      )
      .max(listLimit),
  ),
  guilty: about(
    "the layer that the first disagreement names",
    z
      .strictObject({
        layer: about("which", z.enum(["oracle", "control plane", "data plane", "harness"])),
        because: text("why"),
      })
      .nullable(),
  ),
  path: about(
    "routes and rules where the packet passes",
    z
      .array(z.strictObject({ place: text("node, or node/namespace"), routes: texts("its routes"), rules: texts("its rules") }))
      .max(listLimit),
  ),
  capture: about("pcapng of the flow alone, in base64", z.string().max(captureLimit).nullable()),
});

const content = {
  schema: about("what this file is", z.literal(capsuleSchemaName)),
  law: text("the law that broke, e.g. EX-8", 100),
  property: text("its property", 1000),
  story: text("what the law saw"),
  scenario: about(
    "what was run",
    z.strictObject({
      file: text("what the farm was called", 1000),
      seed: about("the seed of all that is left to choice", z.int().min(0).max(0x7fff_ffff)),
      farm: text("the farm file's whole text", fileSizeLimit),
    }),
  ),
  backend: about("what made the lab", z.enum(["netns", "containerlab"])),
  reproduce: text("the command that shows it again, for a person to copy", 2000),
  versions: about(
    "what it was found with",
    z.strictObject({
      farmlab: text("version of farmlab", 100),
      commit: about("commit of the checkout", z.string().max(100).nullable()),
      sources: text("hash of the sources that verdicts depend on", 100),
      node: text("version of Node", 100),
      kernel: text("version of the kernel", 200),
      image: about("the node image", z.string().max(200).nullable()),
    }),
  ),
  host: about(
    "what the host could do",
    z.strictObject({
      choices: named("what was used, by capability", z.string().max(1000)),
      capabilities: texts("what was there, by the names of farmlab doctor"),
    }),
  ),
  firing: about(
    "how often it failed of how often this farm was run",
    z.strictObject({ fired: count("times it failed"), of: count("times it was run") }).nullable(),
  ),
  reduction: about(
    "how the farm was made smaller",
    z
      .strictObject({
        from: size("parts before, by kind"),
        to: size("parts after, by kind"),
        end: about("why it ended", z.enum(["minimal", "unsure", "budget", "does not fire"])),
        removals: about(
          "removals of a single part",
          z.strictObject({
            possible: count("that leave a sound farm"),
            tried: count("that were run"),
            unknown: count("in which nobody could look"),
          }),
        ),
        emulations: count("runs that it took"),
      })
      .nullable(),
  ),
  happened: about(
    "what really happened: the timeline as it was carried out, what links did to single packets, and what agents noted meanwhile",
    z
      .array(
        z.strictObject({
          atMs: about("milliseconds from when the farm was settled, null where nobody noted it", z.number().nullable()),
          what: text("what was done"),
        }),
      )
      .max(listLimit),
  ),
  evidence: about("what was found when flows that broke the law were sent once more", z.array(evidence).max(20)),
};

export const capsuleSchema: z.ZodType<Capsule> = z.strictObject({
  ...content,
  checksum: about("SHA-256 over the content", z.string().regex(/^[0-9a-f]{64}$/u)),
});

/** The capsule's JSON Schema (draft 2020-12). */
export function capsuleJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(capsuleSchema) as JsonSchema;
  return { $schema, title: "farmlab capsule", ...rest };
}

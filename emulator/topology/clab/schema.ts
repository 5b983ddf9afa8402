/** The schema of a `.clab.yml`: the keys that containerlab v0.79 knows, and no others. Values are text; see `FileKind.scalars`. */
import { z } from "zod";
import { about, matching, type JsonSchema } from "../../../core/common/reading/index.ts";
import type { BriefLinkEntry, ClabFile, NodeEntry, VethLinkEntry } from "./file.ts";
import { grantedKeys, ignoredKeys, managementKeys, refusedKeys } from "./known-keys.ts";

const text = z.string();
const texts = z.array(text);
const textMap = z.record(text, text);

const unread = (keys: readonly string[]): Record<string, z.ZodType<unknown>> =>
  Object.fromEntries(keys.map((key) => [key, z.unknown().optional()]));

const nodeName = matching({
  code: "bad-name",
  what: "a node's name",
  hint: "a node's name has 1 to 63 of a-z, A-Z, 0-9, hyphens, dots and underscores, and begins with a letter or digit",
  pattern: "^[a-zA-Z0-9][a-zA-Z0-9._|-]{0,62}$",
});

const labName = matching({
  code: "bad-name",
  what: "a lab's name",
  hint: "a lab's name has letters, digits, hyphens, dots and underscores, and begins with a letter or digit",
  pattern: "^[a-zA-Z0-9][a-zA-Z0-9._-]*$",
});

const truth = matching({
  code: "wrong-type",
  what: "true or false",
  hint: "write true or false",
  pattern: "^([yY]|[nN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$",
});

const mtu = matching({ code: "bad-mtu", what: "an MTU", hint: "write a number of bytes, as 1500", pattern: "^[0-9]{1,9}$" });

const mac = matching({
  code: "bad-mac",
  what: "a MAC address of one interface",
  hint: "write six bytes as 02:00:00:00:00:01, with an even first one, not all zero",
  pattern: "^(?!(00[:-]){5}00$)[0-9a-fA-F][02468aceACE]([:-][0-9a-fA-F]{2}){5}$",
});

const node = z.strictObject({
  kind: text.exactOptional(),
  group: text.exactOptional(),
  image: text.exactOptional(),
  cmd: text.exactOptional(),
  exec: texts.exactOptional(),
  binds: texts.exactOptional(),
  env: textMap.exactOptional(),
  labels: textMap.exactOptional(),
  sysctls: textMap.exactOptional(),
  "cap-add": texts.exactOptional(),
  devices: texts.exactOptional(),
  "network-mode": text.exactOptional(),
  privileged: truth.exactOptional(),
  ...unread([...grantedKeys, ...Object.keys(ignoredKeys), ...Object.keys(refusedKeys)]),
}) as z.ZodType<NodeEntry>;

export const clabFileSchema: z.ZodType<ClabFile> = z.strictObject({
  name: labName,
  topology: z.strictObject({
    nodes: about("nodes by name", z.record(nodeName, node)),
    links: z.array(z.unknown()).exactOptional(),
    defaults: node.exactOptional(),
    kinds: z.record(text, node).exactOptional(),
    groups: z.record(text, node).exactOptional(),
  }),
  mgmt: z.strictObject(unread(managementKeys)).exactOptional(),
  ...unread(["prefix", "settings", "debug"]),
});

/** Labels and variables of links do nothing to the lab, in containerlab neither. */
const ofAnyLink = { mtu: mtu.exactOptional(), ...unread(["type", "labels", "vars", "ipv4", "ipv6"]) };

export const briefLinkSchema: z.ZodType<BriefLinkEntry> = z.strictObject({ endpoints: texts, ...ofAnyLink });

export const vethLinkSchema: z.ZodType<VethLinkEntry> = z.strictObject({
  endpoints: z.array(z.strictObject({ node: text, interface: text, mac: mac.exactOptional(), ...unread(["ipv4", "ipv6", "vars"]) })),
  ...ofAnyLink,
});

export const jsonSchemaOf = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema) as JsonSchema;

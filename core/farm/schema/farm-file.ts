/** The farm file's schema as a whole. It transforms nothing, so that a JSON Schema can be published from it. */
import { z } from "zod";
import { about } from "../../common/reading/index.ts";
import type { JsonSchema } from "../../common/reading/index.ts";
import type { AllocationEntry, FarmFile } from "../document.ts";
import { condition } from "./conditions.ts";
import { expectations } from "./expectations.ts";
import { network } from "./networks.ts";
import { node } from "./nodes.ts";
import { carrier, homeRouter, internet, upstream } from "./surroundings.ts";
import { name, numberBetween, prefixText } from "./text.ts";
import { timeline } from "./timeline.ts";

const allocation: z.ZodType<AllocationEntry> = z.strictObject({
  prefix: about("the farmer's IPv6 /48, routed by the ISP", prefixText(6)),
  number: numberBetween(0, 127, "the allocation's number, last part of every derived name"),
  ipv4: about("the routable IPv4 network that comes with it", prefixText(4)).exactOptional(),
});

export const farmFileSchema: z.ZodType<FarmFile> = z.strictObject({
  farm: about("the farm's name", name),
  about: about("a sentence on what the farm shows", z.string()).exactOptional(),
  allocations: about("the farm's address space, one entry a /48", z.array(allocation)),
  segments: about("the Ethernets, by name", z.array(name)),
  internet,
  upstreams: about("the routers above the exit nodes, by name", z.record(name, upstream)).exactOptional(),
  "home-routers": about("routers that hide a LAN behind IPv4 NAT, by name", z.record(name, homeRouter)).exactOptional(),
  carriers: about("providers' routers that translate for many home routers (CGNAT), by name", z.record(name, carrier)).exactOptional(),
  nodes: about("the farm's nodes, by name", z.record(name, node)),
  networks: about("users' networks, by name", z.record(name, network)).exactOptional(),
  conditions: about("what links do to packets all the time", z.array(condition)).exactOptional(),
  timeline: timeline.exactOptional(),
  expectations: expectations.exactOptional(),
});

let published: JsonSchema | undefined;

/** The farm file's JSON Schema (draft 2020-12), for editors and other tools. Made once: every refusal of a file asks for it. */
export function farmFileJsonSchema(): JsonSchema {
  if (published === undefined) {
    const { $schema, ...rest } = z.toJSONSchema(farmFileSchema) as JsonSchema;
    published = { $schema, title: "farmlab farm file", ...rest };
  }
  return published;
}

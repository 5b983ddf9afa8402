/** What the farm does not own: the internet, the router above the exit nodes, home routers. */
import { z } from "zod";
import type { HomeRouterEntry, HostEntry, RouteEntry, UpstreamEntry } from "../document.ts";
import { addressText, interfaceText, name, prefixText } from "./text.ts";

const host: z.ZodType<HostEntry> = z.strictObject({
  ipv4: addressText(4).exactOptional(),
  ipv6: addressText(6).exactOptional(),
  store: z.boolean().meta({ description: "runs the store and the reachability reflector; exactly one host does" }).exactOptional(),
});

export const internet: z.ZodType<{ readonly hosts: Readonly<Record<string, HostEntry>> }> = z.strictObject({ hosts: z.record(name, host) });

const route: z.ZodType<RouteEntry> = z
  .strictObject({
    to: prefixText(4, 6),
    via: addressText(4, 6).exactOptional(),
    unreachable: z.literal(true).exactOptional(),
  })
  .refine((entry) => (entry.via === undefined) !== (entry.unreachable === undefined), {
    error: "a route has either a next hop or is unreachable",
    params: { code: "route-kind", hint: "write either via: ADDRESS or unreachable: true" },
  });

export const upstream: z.ZodType<UpstreamEntry> = z.strictObject({
  segment: name,
  ipv4: interfaceText(4).exactOptional(),
  ipv6: interfaceText(6),
  wan4: addressText(4).exactOptional(),
  wan6: addressText(6).exactOptional(),
  routes: z
    .array(route)
    .meta({ description: "the static routes besides the default routes; the router is told nothing else" })
    .exactOptional(),
});

export const homeRouter: z.ZodType<HomeRouterEntry> = z.strictObject({
  segment: name,
  lan4: interfaceText(4),
  wan4: addressText(4),
});

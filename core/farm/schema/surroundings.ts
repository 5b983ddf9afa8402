/** What the farm does not own: the internet, the router above the exit nodes, home routers and the carriers above them. */
import { z } from "zod";
import { about } from "../../common/reading/index.ts";
import type { CarrierEntry, HomeRouterEntry, HostEntry, RouteEntry, UpstreamEntry } from "../document.ts";
import { natOverrides, natPreset, routerForward } from "./nat.ts";
import { addressText, interfaceText, name, prefixText } from "./text.ts";

const host: z.ZodType<HostEntry> = z.strictObject({
  ipv4: about("its address", addressText(4)).exactOptional(),
  ipv6: about("its address", addressText(6)).exactOptional(),
  store: about(
    "runs the store and the reachability reflector, as exactly one host does, which has both families",
    z.boolean(),
  ).exactOptional(),
});

export const internet: z.ZodType<{ readonly hosts: Readonly<Record<string, HostEntry>> }> = about(
  "what lies beyond the farm",
  z.strictObject({ hosts: about("hosts on the internet, by name", z.record(name, host)) }),
);

const route: z.ZodType<RouteEntry> = z
  .strictObject({
    to: about("where the route leads", prefixText(4, 6)),
    via: about("its next hop, on the segment where it is link-local", addressText(4, 6)).exactOptional(),
    unreachable: about("in place of via: answers that there is no way", z.literal(true)).exactOptional(),
  })
  .refine((entry) => (entry.via === undefined) !== (entry.unreachable === undefined), {
    error: "a route has either a next hop or is unreachable",
    params: { code: "route-kind", hint: "write either via: ADDRESS or unreachable: true" },
  });

export const upstream: z.ZodType<UpstreamEntry> = z.strictObject({
  segment: about("the segment of PrefixZero, where the exit nodes are", name),
  ipv4: about("its address there", interfaceText(4)).exactOptional(),
  ipv6: about("its address there, besides fe80::1", interfaceText(6)),
  wan4: about("its address towards the internet", addressText(4)).exactOptional(),
  wan6: about("its address towards the internet", addressText(6)).exactOptional(),
  routes: about("the static routes besides the default routes, and all that the router is told", z.array(route)).exactOptional(),
});

export const homeRouter: z.ZodType<HomeRouterEntry> = z.strictObject({
  segment: about("the LAN that it hides", name),
  lan4: about("its address on the LAN", interfaceText(4)),
  wan4: about("its outer address, which is public where it is not behind a carrier", addressText(4)),
  behind: about("the carrier that translates once more", name).exactOptional(),
  nat: natPreset("home").exactOptional(),
  "nat-overrides": natOverrides.exactOptional(),
  "port-forwards": about("what comes in besides answers", z.array(routerForward)).exactOptional(),
});

export const carrier: z.ZodType<CarrierEntry> = z.strictObject({
  lan4: about("its address towards its customers, of 100.64.0.0/10 as a rule (RFC 6598)", interfaceText(4)),
  wan4: about("its public address", addressText(4)),
  nat: natPreset("cgnat").exactOptional(),
  "nat-overrides": natOverrides.exactOptional(),
});

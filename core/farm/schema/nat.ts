/** How routers of the surroundings translate: a preset, what differs from it, port forwards. */
import { z } from "zod";
import type { NatOverridesEntry, NatTimeoutsEntry, RouterForwardEntry } from "../document.ts";
import { natPresetNames } from "../nat.ts";
import type { Dependence, NatPresetName } from "../nat.ts";
import { about } from "../../common/reading/index.ts";
import { addressText, numberBetween, service } from "./text.ts";

const dependence: z.ZodType<Dependence> = z.enum(["endpoint-independent", "address-dependent", "address-and-port-dependent"]);

/** Conntrack's own default for established connections, five days, is the longest. */
const seconds = (purpose: string): z.ZodType<number> => numberBetween(1, 432_000, purpose);

const timeouts: z.ZodType<NatTimeoutsEntry> = z.strictObject({
  udp: seconds("seconds after the last packet of a first exchange").exactOptional(),
  "udp-stream": seconds("seconds after the last packet of a flow that has gone both ways for two seconds").exactOptional(),
  "tcp-established": seconds("seconds for established connections").exactOptional(),
  "tcp-transitory": seconds("seconds for connections that open or close").exactOptional(),
});

/** `usual`: what it is where the key is left out. */
export const natPreset = (usual: NatPresetName): z.ZodType<NatPresetName> =>
  about(`how it translates, ${usual} where it is left out`, z.enum(natPresetNames));

export const natOverrides: z.ZodType<NatOverridesEntry> = about(
  "what differs from the preset",
  z.strictObject({
    mapping: about("for which destinations a host's port keeps one external port (RFC 4787, 4.1)", dependence).exactOptional(),
    filtering: about("from whom a mapping lets packets in (RFC 4787, 5)", dependence).exactOptional(),
    hairpin: about(
      "whether hosts reach each other by their external addresses, and with which source (RFC 4787, 6)",
      z.enum(["none", "internal", "external"]),
    ).exactOptional(),
    ports: about("how external ports are chosen", z.enum(["preserve", "random", "sequential"])).exactOptional(),
    overloading: about("whether two hosts may share an external port towards different destinations", z.boolean()).exactOptional(),
    timeouts: about("how long what is idle is remembered", timeouts).exactOptional(),
  }),
);

export const routerForward: z.ZodType<RouterForwardEntry> = z.strictObject({
  service: about("what arrives at the router's outer address", service),
  to: about("the host inside that gets it", addressText(4)),
  port: numberBetween(1, 65535, "the host's own port, left out where it is the same").exactOptional(),
});

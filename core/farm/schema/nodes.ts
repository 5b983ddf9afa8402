/** The farm's nodes: NICs, what is public, what makes one an exit node. */
import { z } from "zod";
import { about } from "../../common/reading/index.ts";
import type { ExitNodeEntry, NicEntry, NodeEntry, PublicEntry, StandbyEntry } from "../document.ts";
import { addressText, interfaceText, name, nicName, numberBetween, service, wholeNumber } from "./text.ts";

const gateway4: z.ZodType<string> = about("left out: the segment's router", addressText(4));
const gateway6: z.ZodType<string> = about("left out: the segment's router", addressText(6));

const nic: z.ZodType<NicEntry> = z.strictObject({
  segment: about("the Ethernet that it is plugged into", name),
  ipv4: about("the host's own address", interfaceText(4)).exactOptional(),
  gateway4: gateway4.exactOptional(),
  ipv6: about("the host's own address", interfaceText(6)).exactOptional(),
  gateway6: gateway6.exactOptional(),
});

const publicConfig: z.ZodType<PublicEntry> = z.strictObject({
  nic: about("the NIC that the tunnels use", nicName),
  ipv4: about("the tunnels' address, another than the host's", interfaceText(4)).exactOptional(),
  gateway4: gateway4.exactOptional(),
  ipv6: about("the tunnels' address, another than the host's", interfaceText(6)).exactOptional(),
  gateway6: gateway6.exactOptional(),
});

const standby: z.ZodType<StandbyEntry> = z.strictObject({
  node: about("another node, which is no exit node", name),
  nic: about("its NIC for forwarding, on the exit node's segment", nicName),
});

const exitNode: z.ZodType<ExitNodeEntry> = z.strictObject({
  number: wholeNumber(1, 15, "which 16th of the /48 it is responsible for"),
  allocation: numberBetween(0, 127, "number of its allocation, left out where there is one").exactOptional(),
  nic: about("the NIC for forwarding, another than the public one", nicName),
  isolation: about(
    "what keeps its networks apart, rules of one routing table (`filter`, where it is left out) or a table for each",
    z.enum(["filter", "vrf"]),
  ).exactOptional(),
  ipv4: about("the gateway's address, the source of all its networks' IPv4", interfaceText(4)).exactOptional(),
  gateway4: gateway4.exactOptional(),
  standby: about(
    "on which nodes it is recreated when it is dead or cut off from the store, the first that can before the others",
    z.array(standby),
  ).exactOptional(),
  partner: about(
    "another exit node, which names this one in turn: each has the other's number too as soon as that one is silent, with all flows",
    name,
  ).exactOptional(),
});

export const node: z.ZodType<NodeEntry> = z.strictObject({
  nics: about("its network cards, by interface name", z.record(nicName, nic)),
  public: about("where new flows from outside can reach it, without which it is hidden", publicConfig).exactOptional(),
  "exit-node": about("makes it an exit node", exitNode).exactOptional(),
  services: about(
    "what else listens there on the addresses of its tunnels; farmlab does not run it, and gives no tunnel a port of it",
    z.array(service),
  ).exactOptional(),
  emulate: about("false: it counts in all that is derived, and is not in the lab", z.boolean()).exactOptional(),
});

/** The farm's nodes: NICs, what is public, what makes one an exit node. */
import { z } from "zod";
import type { ExitNodeEntry, NicEntry, NodeEntry, PublicEntry } from "../document.ts";
import { addressText, interfaceText, name, nicName, numberBetween, wholeNumber } from "./text.ts";

const nic: z.ZodType<NicEntry> = z.strictObject({
  segment: name,
  ipv4: interfaceText(4).exactOptional(),
  gateway4: addressText(4).exactOptional(),
  ipv6: interfaceText(6).exactOptional(),
  gateway6: addressText(6).exactOptional(),
});

const publicConfig: z.ZodType<PublicEntry> = z.strictObject({
  nic: nicName,
  ipv4: interfaceText(4).exactOptional(),
  gateway4: addressText(4).exactOptional(),
  ipv6: interfaceText(6).exactOptional(),
  gateway6: addressText(6).exactOptional(),
});

const exitNode: z.ZodType<ExitNodeEntry> = z.strictObject({
  number: wholeNumber(1, 15, "which 16th of the /48 it is responsible for"),
  allocation: numberBetween(0, 127, "number of its allocation").exactOptional(),
  nic: nicName.meta({ description: "the NIC for forwarding, another than the public one" }),
  ipv4: interfaceText(4).exactOptional(),
  gateway4: addressText(4).exactOptional(),
});

export const node: z.ZodType<NodeEntry> = z.strictObject({
  nics: z.record(nicName, nic),
  public: publicConfig.exactOptional(),
  "exit-node": exitNode.exactOptional(),
});

/** What users run: networks with their resources, workloads and port forwards. */
import { z } from "zod";
import { about } from "../../common/reading/index.ts";
import type { NetworkEntry, PortForwardEntry, ResourceEntry, WorkloadEntry } from "../document.ts";
import { addressText, name, numberBetween, prefixText, service } from "./text.ts";

const resource: z.ZodType<ResourceEntry> = z.strictObject({
  node: about("the node that it is on", name),
  prefix: about("its /64, given by the allocator where it is left out", prefixText(6)).exactOptional(),
  "exit-point": about(
    "whether the network leaves the farm here, as it does at exactly one of them, on an exit node",
    z.boolean(),
  ).exactOptional(),
});

const workload: z.ZodType<WorkloadEntry> = z.strictObject({
  node: about("a node on which the network has a resource", name),
  host: numberBetween(2, 254, "host part of the workload's addresses"),
  services: about("what answers there", z.array(service)).exactOptional(),
});

const portForward: z.ZodType<PortForwardEntry> = z.strictObject({
  address: about("one of owned-ipv4", addressText(4)),
  service: about("what arrives at the address", service),
  workload: about("the workload that gets it", name),
  port: numberBetween(1, 65535, "the workload's own port"),
});

export const network: z.ZodType<NetworkEntry> = z.strictObject({
  kind: about("how the network reaches the internet", z.enum(["exit-node"])),
  overlay: about(
    "what carries it from node to node, `wireguard` where it is left out",
    z.enum(["wireguard", "vxlan", "segment"]),
  ).exactOptional(),
  segment: about("with `overlay: segment`, the Ethernet on which its nodes have a NIC for it", name).exactOptional(),
  allocation: numberBetween(0, 127, "number of its allocation, left out where there is one").exactOptional(),
  "owned-ipv4": about("IPv4 addresses that the user owns, of the allocation's IPv4 network", z.array(addressText(4))).exactOptional(),
  resources: about("the network's parts: at most one on each node", z.array(resource)),
  workloads: about("what runs in the network, by name", z.record(name, workload)).exactOptional(),
  "port-forwards": about("what comes in on the addresses that the user owns", z.array(portForward)).exactOptional(),
});

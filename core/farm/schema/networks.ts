/** What users run: networks with their resources, workloads and port forwards. */
import { z } from "zod";
import type { NetworkEntry, PortForwardEntry, ResourceEntry, WorkloadEntry } from "../document.ts";
import { addressText, name, numberBetween, prefixText, service } from "./text.ts";

const resource: z.ZodType<ResourceEntry> = z.strictObject({
  node: name,
  prefix: prefixText(6).exactOptional(),
  "exit-point": z.boolean().exactOptional(),
});

const workload: z.ZodType<WorkloadEntry> = z.strictObject({
  node: name,
  host: numberBetween(2, 254, "host part of the workload's addresses"),
  services: z.array(service).exactOptional(),
});

const portForward: z.ZodType<PortForwardEntry> = z.strictObject({
  address: addressText(4),
  service,
  workload: name,
  port: numberBetween(1, 65535, "the workload's own port"),
});

export const network: z.ZodType<NetworkEntry> = z.strictObject({
  kind: z.enum(["exit-node"]),
  allocation: numberBetween(0, 127, "number of its allocation").exactOptional(),
  "owned-ipv4": z.array(addressText(4)).exactOptional(),
  resources: z.array(resource),
  workloads: z.record(name, workload).exactOptional(),
  "port-forwards": z.array(portForward).exactOptional(),
});

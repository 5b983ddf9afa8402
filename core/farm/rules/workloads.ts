/** What runs in a network: workloads, the IPv4 addresses that its user owns, port forwards. */
import { contains, formatAddress, formatPrefix, networkOf, sameAddress } from "../../common/index.ts";
import { nearestHint } from "../../common/reading/index.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, repeats } from "./rule.ts";
import { usedAddresses } from "./segments.ts";

const workloads: Rule = (farm) =>
  farm.networks.flatMap((network) => {
    const nodes = network.resources.map(({ node }) => node);
    const pathOf = (workload: string, key: string): string[] => ["networks", network.name, "workloads", workload, key];
    return [
      ...network.workloads.flatMap(({ name, node }): Finding[] => {
        if (nodes.includes(node)) return [];
        const known = farm.nodes.map((farmNode) => farmNode.name);
        const path = pathOf(name, "node");
        if (!known.includes(node)) return [refuse("unknown-node", path, `there is no node "${node}"`, nearestHint(node, known, "nodes"))];
        return [
          refuse(
            "workload-without-resource",
            path,
            `network ${network.name} has no resource on ${node}`,
            `add { node: ${node} } to its resources, or move ${name}`,
          ),
        ];
      }),
      ...repeats(network.workloads, ({ node, host }) => `${node} ${host}`).map(({ entry, first }) =>
        refuse(
          "duplicate-workload-host",
          pathOf(entry.name, "host"),
          `host ${entry.host} on ${entry.node} is ${first.name}'s already`,
          "workloads of one network on one node have host numbers of their own, 2 to 254",
        ),
      ),
      ...network.workloads.flatMap(({ name, services }) =>
        repeats(services, ({ protocol, port }) => `${protocol}/${port}`).map(({ entry, index }) =>
          refuse(
            "duplicate-service",
            ["networks", network.name, "workloads", name, "services", index],
            `${entry.protocol}/${entry.port} stands here twice`,
            "keep one of them",
          ),
        ),
      ),
    ];
  });

/** What runs in a lab runs on nodes that the lab has, and leaves by an exit point that it has. */
const whereWorkloadsRun: Rule = (farm) => {
  const absent = new Set(farm.nodes.flatMap(({ name, emulate }) => (emulate ? [] : [name])));
  if (absent.size === 0) return [];
  const hint = "take emulate: false from the node, or let the workload run elsewhere";
  return farm.networks.flatMap(({ name: network, resources, workloads: held }) => {
    const exitPoint = resources.find((resource) => resource.exitPoint)?.node;
    return held.flatMap(({ name, node }): Finding[] => {
      const missing = [node, exitPoint].find((one) => one !== undefined && absent.has(one));
      if (missing === undefined) return [];
      const why = missing === node ? `runs on ${node}` : `leaves by ${missing}`;
      return [refuse("not-emulated", ["networks", network, "workloads", name, "node"], `${name} ${why}, which labs do not have`, hint)];
    });
  });
};

const ownedAddresses: Rule = (farm) => {
  const owned = farm.networks.flatMap((network) =>
    network.ownedIpv4.map((address, index) => ({ network, address, path: ["networks", network.name, "owned-ipv4", index] })),
  );
  const used = usedAddresses(farm);
  return [
    ...owned.flatMap(({ network, address, path }): Finding[] => {
      const text = formatAddress(address);
      const allocation = farm.allocations.find(({ number }) => number === network.allocationNumber);
      if (allocation === undefined) return [];
      const { ipv4 } = allocation;
      if (ipv4 === undefined || !contains(ipv4, address)) {
        const where =
          ipv4 === undefined ? "the allocation has no IPv4 network" : `it is not in ${formatPrefix(ipv4)}, the allocation's IPv4 network`;
        return [
          refuse(
            "owned-outside-allocation",
            path,
            `${text} cannot be owned: ${where}`,
            ipv4 === undefined ? "add ipv4 to the allocation" : `choose one of ${formatPrefix(networkOf(ipv4))}`,
          ),
        ];
      }
      const holder = used.find((entry) => sameAddress(entry.address, address));
      if (holder !== undefined)
        return [refuse("owned-in-use", path, `${text} is ${holder.who}'s already`, "an owned address is nobody's interface address")];
      const offset = address.value - ipv4.address.value;
      const last = (1n << BigInt(32 - ipv4.length)) - 1n;
      if (last < 3n || (offset !== 0n && offset !== last)) return [];
      return [
        refuse(
          "not-a-host-address",
          path,
          `${text} is ${formatPrefix(ipv4)}'s own ${offset === 0n ? "network" : "broadcast"} address`,
          "choose an address in between",
        ),
      ];
    }),
    ...repeats(owned, ({ address }) => formatAddress(address)).map(({ entry, first }) =>
      refuse(
        "owned-twice",
        entry.path,
        `${formatAddress(entry.address)} is owned by network ${first.network.name} already`,
        "an address has one owner",
      ),
    ),
  ];
};

const portForwards: Rule = (farm) =>
  farm.networks.flatMap((network) => {
    const names = network.workloads.map(({ name }) => name);
    const pathOf = (index: number, key: string): (string | number)[] => ["networks", network.name, "port-forwards", index, key];
    return [
      ...network.portForwards.flatMap((forward, index): Finding[] => {
        const findings: Finding[] = [];
        if (!names.includes(forward.workload)) {
          const hint = nearestHint(forward.workload, names, `workloads in ${network.name}`);
          findings.push(
            refuse("unknown-workload", pathOf(index, "workload"), `network ${network.name} has no workload "${forward.workload}"`, hint),
          );
        }
        if (!network.ownedIpv4.some((address) => sameAddress(address, forward.address))) {
          const owned = network.ownedIpv4.map(formatAddress).join(", ");
          const hint = owned === "" ? `add owned-ipv4: [${formatAddress(forward.address)}] to the network` : `owned: ${owned}`;
          findings.push(
            refuse(
              "address-not-owned",
              pathOf(index, "address"),
              `network ${network.name} does not own ${formatAddress(forward.address)}`,
              hint,
            ),
          );
        }
        return findings;
      }),
      ...repeats(network.portForwards, ({ address, protocol, port }) => `${formatAddress(address)} ${protocol} ${port}`).map(
        ({ entry, index, first }) =>
          refuse(
            "duplicate-port-forward",
            pathOf(index, "service"),
            `${entry.protocol}/${entry.port} of ${formatAddress(entry.address)} is forwarded to ${first.workload} already`,
            "an address, protocol and port lead to one workload",
          ),
      ),
    ];
  });

export const workloadRules: readonly Rule[] = [workloads, whereWorkloadsRun, ownedAddresses, portForwards];

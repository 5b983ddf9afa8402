/** Intents and facts of the seed's drawing, for tests: one exit node with two exit points, two hidden nodes. */
import { address, prefix } from "../common/address.fixture.ts";
import type { Intents, NodeFacts, WorkloadIntent } from "../intents/index.ts";

const workload = (name: string, node: string): WorkloadIntent => ({
  name,
  node,
  host: 2,
  services: [
    { protocol: "tcp", port: 80 },
    { protocol: "udp", port: 53 },
  ],
});

export const firstFarm: Intents = {
  allocations: [{ prefix: prefix("2a02:1802:5e::/48"), number: 1 }],
  nodes: [
    {
      name: "node-1",
      public: {
        nic: "eth0",
        ipv4: prefix("185.69.166.3/24"),
        gateway4: address("185.69.166.1"),
        ipv6: prefix("2a02:1802:5e::3/64"),
        gateway6: address("fe80::1"),
      },
      exitNode: {
        number: 1,
        allocationNumber: 1,
        nic: "eth1",
        ipv4: prefix("185.69.166.123/24"),
        gateway4: address("185.69.166.1"),
      },
    },
    { name: "node-2" },
    { name: "node-3" },
  ],
  networks: [
    {
      name: "blue",
      kind: "exit-node",
      allocationNumber: 1,
      ownedIpv4: [address("185.69.166.200")],
      resources: [
        { node: "node-1", exitPoint: true, prefix: prefix("2a02:1802:5e:1abc::/64") },
        { node: "node-2", exitPoint: false, prefix: prefix("2a02:1802:5e:1b2c::/64") },
        { node: "node-3", exitPoint: false, prefix: prefix("2a02:1802:5e:1c3d::/64") },
      ],
      workloads: [workload("blue-1", "node-1"), workload("blue-2", "node-2"), workload("blue-3", "node-3")],
      portForwards: [
        { address: address("185.69.166.200"), protocol: "tcp", port: 8080, workload: "blue-1", workloadPort: 80 },
        { address: address("185.69.166.200"), protocol: "udp", port: 5353, workload: "blue-2", workloadPort: 53 },
      ],
    },
    {
      name: "red",
      kind: "exit-node",
      allocationNumber: 1,
      ownedIpv4: [],
      resources: [
        { node: "node-1", exitPoint: true, prefix: prefix("2a02:1802:5e:1123::/64") },
        { node: "node-2", exitPoint: false, prefix: prefix("2a02:1802:5e:1124::/64") },
      ],
      workloads: [workload("red-1", "node-1"), workload("red-2", "node-2")],
      portForwards: [],
    },
  ],
};

const hidden = { endpoints: {}, reachability: { ipv4: "hidden", ipv6: "none" } } as const;

export const firstFacts: readonly NodeFacts[] = [
  {
    node: "node-1",
    publicKeys: {
      "wg-1abc-1": "mbXgJ1yiWa4HwHUx4wNVWjKyyq2bsnvQYLkzBUSyXXQ=",
      "wg-1123-1": "hlyZ1N8+ZzYmwWfYWWBcwKzMd7ZI3AYVQKwh51pJLVY=",
    },
    endpoints: { ipv4: address("185.69.166.3"), ipv6: address("2a02:1802:5e::3") },
    reachability: { ipv4: "public", ipv6: "public" },
  },
  {
    node: "node-2",
    publicKeys: {
      "wg-1b2c-1": "9G5LkEXMJXYNLcJhjY5UNbDkZUHcPzxXqcfvDlSyvAA=",
      "wg-1124-1": "6tEKCgsyLcOzCvYnKNAyD8pKDbdcvZBOxa7CkLRVKng=",
    },
    ...hidden,
  },
  { node: "node-3", publicKeys: { "wg-1c3d-1": "ocSRuY4B4LoZhKuS7rbZkQKbB3d1GnNpfV+ySG7TJlo=" }, ...hidden },
];

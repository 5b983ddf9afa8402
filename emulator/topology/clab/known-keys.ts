/** Keys that containerlab v0.79 knows for a node and that are not acted on: what becomes of a file that has them. */

const engine = "nodes are namespaces here, without a container engine";
const management = "there is no management network here";
const otherKinds = "it is for kinds with an operating system of their own";

/** Left out with a warning: without them the lab is what its file says. The text says why. */
export const ignoredKeys: Readonly<Record<string, string>> = {
  aliases: management,
  "auto-remove": engine,
  certificate: otherKinds,
  "cgroup-parent": engine,
  "cgroupns-mode": engine,
  config: otherKinds,
  cpu: engine,
  "cpu-set": engine,
  credentials: management,
  dns: "nodes have no resolver of their own here",
  "enforce-startup-config": otherKinds,
  entrypoint: "a node's first process is farmlab-init here",
  extras: otherKinds,
  healthcheck: engine,
  hostname: "a node is called by its name here",
  "image-pull-policy": engine,
  license: otherKinds,
  "link-apply-mode": "labs are not changed while they run here",
  memory: engine,
  "mgmt-ipv4": management,
  "mgmt-ipv6": management,
  password: management,
  ports: management,
  position: "it is for pictures only",
  "restart-policy": engine,
  runtime: engine,
  "shm-size": engine,
  "startup-config": otherKinds,
  "startup-delay": "nodes start at once here",
  "suppress-startup-config": otherKinds,
  type: otherKinds,
  username: management,
};

/** What they ask for holds anyway: nothing here is confined by the profile that they name. */
export const grantedKeys: readonly string[] = ["security-opts"];

/** Refused: without them the lab would be another one. The text says what to do instead. */
export const refusedKeys: Readonly<Record<string, string>> = {
  components: "it is for kinds with line cards; nodes here are linux or bridge",
  "env-files": "write the variables under env",
  "pid-mode": "every node has processes of its own here; leave it out",
  stages: "write commands under exec; they run once all nodes and links are there",
  tmpfs: "/run and /tmp are in memory already; leave it out",
  user: "commands run as root of the node here; leave it out",
  volumes: "bind a folder instead",
};

/** Keys of the file's `mgmt`; none is acted on. */
export const managementKeys: readonly string[] = [
  ...["network", "bridge", "ipv4-subnet", "ipv6-subnet", "ipv4-gw", "ipv6-gw", "ipv4-range", "ipv6-range", "mtu", "external-access"],
  ...["skip-when-unused", "driver-opts", "ipv4_subnet", "ipv6_subnet"],
];

/** Types of links besides those that are acted on. */
export const otherLinkTypes: readonly string[] = ["veth-stitch", "mgmt-net", "macvlan", "host", "vxlan", "vxlan-stitch", "dummy", "bridge"];

/** The host on the internet that runs the store (etcd) and the reachability reflector. */
import { formatAddress, sameAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { Farm, InternetHost } from "../../core/farm/index.ts";
import type { ServiceSpec } from "../../emulator/topology/index.ts";

export const storePort = 2379;
/** Second listener of the store inside its node, for the harness, which never uses the network under test. */
export const storeSocketPath = "/run/etcd.sock";
export const reflectorPort = 3478;
/** The reflector's second port, from which it knocks at who asked. */
const reflectorKnockPort = 3479;

/** Where the store keeps what it holds, on its host. */
export const storeDataFolder = "/var/lib/etcd";
/** A store of one member has nobody to wait for: short ticks elect it soon. Milliseconds; each tick takes 50 us of a processor for as long as it runs. */
const heartbeatMs = 10;
const electionMs = 50;
/** It holds little for a short time: that is let grow fivefold before it is looked through for what is no longer used, not twofold. */
const goRuntime = { GOMAXPROCS: "1", GOGC: "400" };

export interface StoreHost {
  readonly name: string;
  readonly ipv4: Address;
  readonly ipv6: Address;
  /** Second addresses, from which the reflector knocks: a NAT that only admits known senders drops such a packet. */
  readonly knock4: Address;
  readonly knock6: Address;
}

function addressesOf(farm: Farm): Address[] {
  const nics = farm.nodes.flatMap((node) => [...node.nics, ...(node.public === undefined ? [] : [node.public])]);
  const held: readonly (Address | undefined)[] = [
    ...farm.internet.hosts.flatMap((host) => [host.ipv4, host.ipv6]),
    ...farm.upstreams.flatMap((router) => [router.wan4, router.wan6, router.ipv4?.address, router.ipv6.address]),
    ...farm.homeRouters.map((router) => router.wan4),
    ...farm.carriers.map((carrier) => carrier.wan4),
    ...nics.flatMap((nic) => [nic.ipv4?.address, nic.ipv6?.address]),
  ];
  return held.filter((address) => address !== undefined);
}

function nextFree(address: Address, taken: readonly Address[]): Address {
  const next: Address = { family: address.family, value: address.value + 1n };
  return taken.some((other) => sameAddress(other, next)) ? nextFree(next, taken) : next;
}

function storeHostOf(host: InternetHost, farm: Farm): StoreHost {
  const { name, ipv4, ipv6 } = host;
  if (ipv4 === undefined || ipv6 === undefined) throw new Error(`the store's host ${name} needs an address of each family`);
  const taken = addressesOf(farm);
  return { name, ipv4, ipv6, knock4: nextFree(ipv4, taken), knock6: nextFree(ipv6, taken) };
}

/** The farm's store host; its knocking addresses are the next free ones above its own. Throws for a farm without (loading refuses those). */
export function findStoreHost(farm: Farm): StoreHost {
  const host = farm.internet.hosts.find((candidate) => candidate.store);
  if (host === undefined) throw new Error(`farm ${farm.name} has no host for the store`);
  return storeHostOf(host, farm);
}

const allocatorPath = "/etc/farmlab/allocator.json";

/** The allocator's configuration: it has its store beside it. */
export function storeFiles(host: StoreHost): Readonly<Record<string, string>> {
  const configuration = { role: "allocator", node: host.name, store: [`unix:${storeSocketPath}`] };
  return { [allocatorPath]: `${JSON.stringify(configuration, null, 2)}\n` };
}

/**
 * The reflector, then etcd 3.5 and the allocator. etcd's log preallocates 123 MB: on a ramfs, which cannot preallocate, that costs neither memory nor time.
 * What is passed to the shell is constant; etcd's own arguments follow as arguments. Its cluster has a number of its own each time when it begins
 * without data: from the token alone, all else being the same (etcd's clustering guide), and looked at only then.
 */
export function storeServices(host: StoreHost): readonly ServiceSpec[] {
  const peerUrl = "http://127.0.0.1:2380";
  const onRamfs =
    'mkdir -p "$0" && { mountpoint -q "$0" || busybox mount -t ramfs store "$0"; }; exec "$@" --initial-cluster-token "$(cat /proc/sys/kernel/random/uuid)"';
  return [
    {
      name: "reflector",
      argv: [
        ...["/usr/lib/farmlab/native", "reflect", `${reflectorPort}`, `${reflectorKnockPort}`],
        ...["--alternate-address4", formatAddress(host.knock4), "--alternate-address6", formatAddress(host.knock6)],
      ],
      restart: "always",
    },
    {
      name: "store",
      argv: [
        ...["/bin/sh", "-c", onRamfs, storeDataFolder, "/usr/bin/etcd", "--name", "store", "--data-dir", storeDataFolder],
        ...["--listen-client-urls", `http://[::]:${storePort},unix://${storeSocketPath}`],
        ...["--advertise-client-urls", `http://${formatAddress(host.ipv4)}:${storePort}`],
        ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl, "--initial-cluster", `store=${peerUrl}`],
        ...["--heartbeat-interval", `${heartbeatMs}`, "--election-timeout", `${electionMs}`, "--log-level", "error"],
      ],
      environment: goRuntime,
      restart: "always",
      readyPath: storeSocketPath,
    },
    {
      name: "allocator",
      argv: ["/usr/lib/farmlab/node", "/usr/lib/farmlab/agent.cjs", allocatorPath],
      restart: "always",
    },
  ];
}

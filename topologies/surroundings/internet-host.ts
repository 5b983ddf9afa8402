/** Hosts on the internet: they answer and ask, and one of them runs the store. */
import { formatPrefix, hostPrefix } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { InternetHost } from "../../core/farm/index.ts";
import type { NodeConfig } from "../../emulator/topology/index.ts";
import { nameFiles, topologyNode, type Part } from "../compile/parts.ts";
import { commonSysctls, statedLinkLocals, unlimitedErrors4 } from "../compile/settings.ts";
import { storeFiles, storeServices, type StoreHost } from "./store.ts";
import { wanAddresses, wanRoutes } from "./wan.ts";

/** The knocking addresses are on the loopback interface, so that nothing else is ever sent from them by the kernel's own choice. */
export function internetHostPart(host: InternetHost, store: StoreHost): Part {
  const own = (address: Address | undefined): readonly Address[] => (address === undefined ? [] : [address]);
  const knocking = host.name === store.name;
  const plug = { ipv4: own(host.ipv4), ipv6: own(host.ipv6) };
  const config: NodeConfig = {
    sysctls: { ...commonSysctls, ...statedLinkLocals, ...unlimitedErrors4 },
    addresses: [
      ...wanAddresses(plug),
      ...(knocking ? [store.knock4, store.knock6].map((address) => ({ interface: "lo", address: formatPrefix(hostPrefix(address)) })) : []),
    ],
    routes: wanRoutes(plug),
    ...(knocking ? { files: { ...nameFiles(host.name), ...storeFiles(store) }, services: storeServices(store) } : {}),
  };
  return {
    node: topologyNode(host.name, "host", knocking, config),
    segments: [],
    wan: knocking ? { ipv4: [...plug.ipv4, store.knock4], ipv6: [...plug.ipv6, store.knock6], behind: [] } : { ...plug, behind: [] },
  };
}

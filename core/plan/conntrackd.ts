/** The configuration of conntrackd, which brings what the one gateway's connection tracking knows straight into the other's kernel (EX-15). */
import { formatAddress } from "../common/index.ts";
import { gwOwnLL, gwPubName } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import { flowSyncPort, otherSeat } from "./vrrp.ts";
import type { Seat } from "./vrrp.ts";

/** `path`: of its lock and its socket, without their endings. */
export function conntrackdConfiguration(config: ExitNodeConfig, seat: Seat, path: string): string {
  const address = (of: Seat): string => formatAddress(gwOwnLL(config.number, of).address);
  return [
    "Sync {",
    "  Mode FTFW {",
    // Straight into the kernel: nothing has to be done with it when the addresses come.
    "    DisableExternalCache On",
    "  }",
    "  UDP {",
    `    IPv6_address ${address(seat)}`,
    `    IPv6_Destination_Address ${address(otherSeat(seat))}`,
    `    Port ${flowSyncPort}`,
    `    Interface ${gwPubName(config.number, config.allocationNumber)}`,
    "    Checksum on",
    "  }",
    "}",
    "General {",
    "  HashSize 32768",
    "  HashLimit 131072",
    "  LogFile Off",
    "  Syslog Off",
    `  LockFile ${path}.lock`,
    "  UNIX {",
    `    Path ${path}.sock`,
    "  }",
    "  NetlinkBufferSize 2097152",
    "  NetlinkBufferSizeMaxGrowth 8388608",
    "  Filter From Userspace {",
    "    Protocol Accept {",
    "      TCP",
    "      UDP",
    "      ICMP",
    "      IPv6-ICMP",
    "    }",
    "  }",
    "}",
  ]
    .map((line) => `${line}\n`)
    .join("");
}

import { expect, it } from "vitest";
import { overflowText, readOverflows } from "./overflows.ts";

const names = "entries  allocs   unresolved_discards table_fulls";
const files = new Map([
  [
    "/proc/net/stat/arp_cache",
    `${names}\n000000a0 00017767 00001b42            00000000\n000000a0 00017d56 000011ea            00000002\n`,
  ],
  [
    "/proc/net/stat/ndisc_cache",
    `${names}\n00000246 0009cf71 0000000c            00000031\n00000246 000a8e37 00000043            0000001a\n`,
  ],
  ["/proc/net/softnet_stat", "081cb970 00003e5f 0000000b\n08b80723 00004ec2 00000009\n"],
]);

it("what all namespaces share has overflown as often as the processors say together", () => {
  expect(readOverflows((path) => files.get(path) ?? "")).toEqual({ neighbours4: 2, neighbours6: 75, queued: 36129 });
});

it("a host that tells nothing has lost nothing that is known", () => {
  const none = readOverflows(() => "");
  expect(none).toEqual({ neighbours4: 0, neighbours6: 0, queued: 0 });
  expect(overflowText(none, none)).toBeUndefined();
});

it("says what was lost between two readings, and what would help", () => {
  const before = { neighbours4: 2, neighbours6: 75, queued: 10 };
  expect(overflowText(before, before)).toBeUndefined();
  expect(overflowText(before, { ...before, neighbours6: 78, queued: 15 })).toBe(
    "this machine lost packets meanwhile, of whichever lab: its table of IPv6 neighbours was full 3 times (sysctl net.ipv6.neigh.default.gc_thresh3), and its queues had no room for 5 packets (sysctl net.core.netdev_max_backlog); fewer labs at once help too",
  );
});

import { expect, it } from "vitest";
import type { PacketDrop } from "../../emulator/capture/index.ts";
import { dropsText } from "./kernel-drops.ts";

const token = "0123456789abcdef";

/** IPv4 and UDP headers without checksums, then what they carry. */
function udp(payload: Uint8Array): Uint8Array {
  const header = Buffer.from("4500000000000000401100000a0000010a00000230391451", "hex");
  const packet = Buffer.concat([header, Buffer.from("00000000", "hex"), payload]);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(packet.length - 20, 24);
  return packet;
}

const drop = (timeNs: bigint, bytes: Uint8Array, where = "node-2/net-1abc-1", reason = "NEIGH_FAILED"): PacketDrop => ({
  timeNs,
  reason,
  function: "arp_error_report",
  where,
  interface: "wg-1abc-1",
  bytes,
});

const probe = udp(Buffer.from(`farmlab-probe ${token} 3 1 64\n`));
const tunnelled = udp(Buffer.concat([Buffer.from("0400000001000000", "hex"), Buffer.alloc(40)]));

it("tells of the probes that broke a law where they were thrown away, since then", () => {
  expect(dropsText([drop(1n, probe), drop(5n, probe), drop(6n, probe, "node-1", "NO_SOCKET"), drop(7n, probe)], [token], 5n)).toBe(
    "the kernel threw away of these packets: in node-2/net-1abc-1: NEIGH_FAILED, by arp_error_report, interface wg-1abc-1 (2 times); node-1: NO_SOCKET, by arp_error_report, interface wg-1abc-1",
  );
});

it("tells of tunnels' packets, of which nobody knows whose they were", () => {
  expect(dropsText([drop(5n, tunnelled, "home-a")], [token], 5n)).toBe(
    "the kernel threw away of tunnels' packets meanwhile: in home-a: NEIGH_FAILED, by arp_error_report, interface wg-1abc-1",
  );
});

it("says nothing of other packets, and of none", () => {
  expect(dropsText([drop(5n, probe)], ["fedcba9876543210"], 0n)).toBeUndefined();
  expect(dropsText([drop(5n, new Uint8Array(0)), drop(5n, probe)], [], 0n)).toBeUndefined();
});

it("is bounded", () => {
  const many = Array.from({ length: 9 }, (_, index) => drop(5n, probe, `node-${index}`));
  expect(dropsText(many, [token], 0n)).toMatch(/node-5: [^;]*; and 3 more$/);
});

import { expect, it } from "vitest";
import { linkTypes, type CapturedInterface, type CapturedPacket } from "./captured.ts";
import { readCapture } from "./read-capture.ts";
import { pcapngOf } from "./write-pcapng.ts";

const ethernet: CapturedInterface = {
  ...{ name: "node-1:eth0", description: "link one", comment: "", linkType: linkTypes.ethernet, snapLength: 0 },
};
const tunnel: CapturedInterface = { ...ethernet, name: "node-1/net:wg", description: "", linkType: linkTypes.rawIp };

it("is read back as it was, whatever the length of packets, and of interfaces of several kinds", () => {
  const packets: CapturedPacket[] = [
    { interface: ethernet, timeNs: 1_700_000_000_123_456_789n, direction: "out", bytes: Uint8Array.of(1, 2, 3, 4, 5), length: 5 },
    { interface: tunnel, timeNs: 1_700_000_000_123_456_790n, direction: "in", bytes: Uint8Array.of(6, 7, 8, 9), length: 900 },
    { interface: ethernet, timeNs: 1_700_000_001_000_000_000n, direction: undefined, bytes: Uint8Array.of(), length: 0 },
  ];
  const read = readCapture(pcapngOf(packets));
  expect(read.notes).toEqual([]);
  const shown = ({ interface: { name, description, linkType }, bytes, ...rest }: CapturedPacket): unknown => ({
    ...{ ...rest, name, description, linkType, bytes: [...bytes] },
  });
  expect(read.packets.map(shown)).toEqual(packets.map(shown));
});

it("is a file that can be opened when there is no packet", () => {
  expect(readCapture(pcapngOf([]))).toMatchObject({ packets: [], interfaces: [], notes: [] });
});

import { describe, expect, it } from "vitest";
import { newAddress, newRoute, newVeth, setUp } from "./netlink.ts";

const hex = (bytes: Buffer): string => bytes.toString("hex");

describe("rtnetlink messages", () => {
  it("carry their own length, aligned to four bytes", () => {
    const end = { name: "eth0", mac: "02:00:00:00:00:01", mtu: 1500, index: 10 };
    for (const message of [newVeth(end, { ...end, index: 11 }, 7), newAddress(10, "10.0.0.1/24"), setUp(10, 3)]) {
      expect(message.readUInt32LE(0)).toBe(message.length);
      expect(message.length % 4).toBe(0);
    }
  });

  it("write an IPv4 address as local and peer address with its length", () => {
    const message = newAddress(10, "10.26.188.1/24");
    expect(message.readUInt8(16)).toBe(2);
    expect(message.readUInt8(17)).toBe(24);
    expect(hex(message)).toContain("0a1abc01");
  });

  it("give link-local IPv6 addresses link scope and skip duplicate detection", () => {
    const message = newAddress(10, "fe80::1:1abc/64");
    expect(message.readUInt8(18)).toBe(0x02);
    expect(message.readUInt8(19)).toBe(253);
    expect(newAddress(10, "2001:db8::1/64").readUInt8(19)).toBe(0);
  });

  it("write an unreachable route without a next hop", () => {
    const message = newRoute({ family: 6, to: "2001:db8::/48", type: "unreachable" });
    expect(message.readUInt8(16 + 7)).toBe(7);
    expect(message.readUInt8(16 + 1)).toBe(48);
  });

  it("refuse what is no address", () => {
    expect(() => newAddress(1, "10.0.0.1")).toThrow("not an interface address");
    expect(() => newRoute({ family: 4, to: "nowhere" })).toThrow("not a route");
  });
});

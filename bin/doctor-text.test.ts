import { describe, expect, it } from "vitest";
import type { Capability, HostReport } from "../emulator/host/index.ts";
import { laws } from "../property-tests/laws/index.ts";
import { doctorText } from "./doctor-text.ts";
import { lawRanges, lawsNeeding } from "./host-laws.ts";

const capability = (name: string, changes: Partial<Capability> = {}): Capability => ({
  capability: name,
  area: "labs",
  present: true,
  tried: true,
  required: false,
  usedFor: "what is told here in so many words that a line of eighty columns does not hold them all",
  standIn: null,
  how: null,
  answer: null,
  found: null,
  ...changes,
});

const report: HostReport = {
  root: true,
  machine: { kernel: "6.12.0", architecture: "x64", cores: 2, memoryBytes: 8 * 2 ** 30, freeMemoryBytes: 5.25 * 2 ** 30 },
  capabilities: [
    capability("namespaces", { required: true, usedFor: "the sandbox" }),
    capability("tun", { required: true, usedFor: "WireGuard", present: false, answer: "ENOENT", how: "modprobe tun" }),
    capability("packet-sockets"),
    capability("wireguard", { present: false, standIn: "wireguard-go", answer: "Unknown device type.", how: "modprobe wireguard" }),
    capability("bridge-vlans", { present: false, answer: "Operation not supported", how: "another kernel" }),
    capability("conntrack", { present: false, tried: false, answer: "spawn conntrack ENOENT", how: "npm start" }),
    capability("engine", { area: "containerlab", found: "Docker 28.1.0, API 1.49, at unix:///var/run/docker.sock" }),
    capability("user-tun", { area: "rootless", usedFor: "WireGuard" }),
    capability("mmdebstrap", { area: "building", usedFor: "the node image" }),
  ],
  choices: { sandbox: "root", wireguard: "wireguard-go" },
};

const lawsByCapability: Readonly<Record<string, readonly string[]>> = {
  namespaces: ["EX-6", "EX-7", "EX-8", "EX-20"],
  tun: ["EX-6", "EX-7", "EX-8", "EX-20"],
  wireguard: ["EX-8", "EX-20"],
};
const lawsOf = (one: Capability): readonly string[] => lawsByCapability[one.capability] ?? [];

describe("what doctor prints", () => {
  it("is laid out for the terminal, from 80 to 120 columns", async () => {
    await expect(doctorText(report, { columns: 80, colour: false, lawsOf })).toMatchFileSnapshot("golden/doctor.txt");
    for (const columns of [0, 80, 100, 120, 300]) {
      const lengths = doctorText(report, { columns, colour: false, lawsOf })
        .split("\n")
        .map((line) => line.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(Math.min(120, Math.max(80, columns)));
    }
  });

  it("has the same words with colours", () => {
    const coloured = doctorText(report, { columns: 80, colour: true, lawsOf });
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(doctorText(report, { columns: 80, colour: false, lawsOf }));
    expect(coloured).not.toBe(doctorText(report, { columns: 80, colour: false, lawsOf }));
  });
});

describe("laws by capability", () => {
  it("come from the properties' needs, and all lab laws from what every lab needs", () => {
    for (const { properties } of laws)
      for (const { law, needs } of properties)
        for (const need of needs) expect(lawsNeeding({ capability: need, required: false })).toContain(law);
    expect(lawsNeeding({ capability: "veth", required: true })).toEqual(laws.filter(({ kind }) => kind === "lab").map(({ id }) => id));
    expect(lawsNeeding({ capability: "wireguard", required: false })).toContain("EX-20");
    expect(lawsNeeding({ capability: "hugepages", required: false })).toEqual([]);
  });

  it("are told shortly", () => {
    expect(lawRanges(["EX-1", "EX-2", "EX-3", "EX-5", "EX-6", "XC-7"])).toBe("EX-1 to EX-3, EX-5, EX-6, XC-7");
    expect(lawRanges([])).toBe("");
  });
});

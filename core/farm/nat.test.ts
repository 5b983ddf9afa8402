import { describe, expect, it } from "vitest";
import { natContradiction, natOf, natPresetNames, natPresets } from "./index.ts";
import type { Dependence } from "./index.ts";

const dependences: readonly Dependence[] = ["endpoint-independent", "address-dependent", "address-and-port-dependent"];

describe("the presets", () => {
  it("cover every pair of mapping and filtering", () => {
    const pairs = new Set(natPresetNames.map((name) => `${natPresets[name].mapping} ${natPresets[name].filtering}`));
    const all = dependences.flatMap((mapping) => dependences.map((filtering) => `${mapping} ${filtering}`));
    expect([...pairs].toSorted()).toEqual(all.toSorted());
  });

  it("cover every way to hairpin and to choose ports", () => {
    const values = natPresetNames.map((name) => natPresets[name]);
    expect(new Set(values.map(({ hairpin }) => hairpin)).size).toBe(3);
    expect(new Set(values.map(({ ports }) => ports)).size).toBe(3);
    expect(new Set(values.map(({ overloading }) => overloading)).size).toBe(2);
  });

  it("are all possible", () => {
    expect(natPresetNames.filter((name) => natContradiction(natPresets[name]) !== undefined)).toEqual([]);
  });

  it("last as long as RFC 4787 and RFC 5382 ask for, but for what Linux routers do", () => {
    for (const name of natPresetNames.filter((one) => one !== "home")) {
      const { tcpEstablished, tcpTransitory, udp, udpStream } = natPresets[name].timeouts;
      expect([name, Math.min(udp, udpStream) >= 120, tcpEstablished >= 7440, tcpTransitory >= 240]).toEqual([name, true, true, true]);
    }
  });
});

describe("overrides", () => {
  it("replace what they name and nothing else", () => {
    const nat = natOf("home", { hairpin: "external", timeouts: { udp: 20 } });
    expect(nat).toEqual({ ...natPresets.home, hairpin: "external", timeouts: { ...natPresets.home.timeouts, udp: 20 } });
  });

  it("are refused where they contradict the preset", () => {
    expect(natContradiction(natOf("full-cone", { mapping: "address-dependent" }))?.message).toContain("exclude each other");
    expect(natContradiction(natOf("symmetric", { overloading: true }))?.message).toContain("exclude each other");
    expect(natContradiction(natOf("full-cone", { overloading: true }))).toBeUndefined();
  });
});

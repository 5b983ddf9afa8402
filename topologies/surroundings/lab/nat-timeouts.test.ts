import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natOf } from "../../../core/farm/index.ts";
import type { NatPresetName, RouterForward } from "../../../core/farm/index.ts";
import { measureForward, measureUdpLifetime } from "../../../emulator/nat/index.ts";
import type { Lifetime, LifetimeRequest } from "../../../emulator/nat/index.ts";
import { innerAddress, natLab } from "./nat-lab.ts";
import type { Behind, NatLab } from "./nat-lab.ts";

/** Seconds, short enough to wait for; the presets' own are minutes. */
const timeouts = { udp: 2, udpStream: 4, tcpTransitory: 2 };
const presets: readonly NatPresetName[] = ["home", "full-cone", "restricted-cone", "per-address-strict", "symmetric", "cgnat"];
const forwarded: readonly RouterForward[] = [
  { protocol: "tcp", port: 8080, to: innerAddress, toPort: 80 },
  { protocol: "udp", port: 5353, to: innerAddress, toPort: 53 },
];
const routers: readonly Behind[] = presets.map((name) => ({ name, nat: natOf(name, { timeouts }), portForwards: forwarded }));
/** Moments before and after a timeout; conntrack's and the maps' own are exact to some milliseconds. */
const around = (seconds: number): number[] => [-700, -300, 300, 700].map((offset) => seconds * 1000 + offset);
const pause = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds));

let lab: NatLab;
beforeAll(async () => {
  lab = await natLab(routers);
});
afterAll(async () => {
  await lab?.down();
});

const lifetimes = async (flow: LifetimeRequest["flow"], seconds: number): Promise<[string, Lifetime][]> =>
  await Promise.all(
    presets.map(async (name): Promise<[string, Lifetime]> => {
      const request = { host: lab.hostOf(name), farInterface: "wan", momentsMs: around(seconds), flow, pause };
      return [name, await measureUdpLifetime(lab.bench, request)];
    }),
  );

describe("XC-9: a mapping outlives its last packet by its timeout and no more", () => {
  it.each([
    ["first", timeouts.udp],
    ["stream", timeouts.udpStream],
  ] as const)("after a flow of kind %s", async (flow, seconds) => {
    for (const [name, { aliveMs, deadMs }] of await lifetimes(flow, seconds)) {
      const text = `${name}: alive after ${aliveMs} ms, dead after ${deadMs} ms`;
      expect([text, aliveMs > seconds * 500, aliveMs < seconds * 1000]).toEqual([text, true, true]);
      expect([text, deadMs > seconds * 1000, deadMs < seconds * 2000]).toEqual([text, true, true]);
    }
  });
});

describe("a port forward", () => {
  it.each(presets)("of %s lets strangers in, and only to its host's port", async (name) => {
    const seen = await Promise.all(
      forwarded.map(async ({ protocol, port, toPort }) => {
        const request = { protocol, outer: lab.outerOf(name), host: lab.hostOf(name), toPort };
        return [await measureForward(lab.bench, { ...request, port }), await measureForward(lab.bench, { ...request, port: port + 1 })];
      }),
    );
    expect(seen).toEqual([
      [true, false],
      [true, false],
    ]);
  });
});

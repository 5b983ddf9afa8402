import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDeadline } from "../../../core/common/index.ts";
import { natOf } from "../../../core/farm/index.ts";
import type { NatPresetName, RouterForward } from "../../../core/farm/index.ts";
import { isTcpMappingAlive, measureForward, measureUdpLifetime } from "../../../emulator/nat/index.ts";
import type { Lifetime, LifetimeRequest } from "../../../emulator/nat/index.ts";
import { innerAddress, natLab } from "./nat-lab.ts";
import type { Behind, NatLab } from "./nat-lab.ts";

/** Seconds, short enough to wait for; the presets' own are minutes. */
const timeouts = { udp: 2, udpStream: 4, tcpTransitory: 2, tcpEstablished: 3 };
const presets: readonly NatPresetName[] = ["home", "full-cone", "restricted-cone", "per-address-strict", "symmetric", "cgnat"];
const forwarded: readonly RouterForward[] = [
  { protocol: "tcp", port: 8080, to: innerAddress, toPort: 80 },
  { protocol: "udp", port: 5353, to: innerAddress, toPort: 53 },
];
const routers: readonly Behind[] = presets.map((name) => ({ name, nat: natOf(name, { timeouts }), portForwards: forwarded }));
/** Moments before and after a timeout; conntrack's and the maps' own are exact to some milliseconds. */
const around = (seconds: number): number[] => [-700, -300, 300, 700].map((offset) => seconds * 1000 + offset);
/** Real time: what is measured is the kernel's. */
const pause = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds));

const clock = { nowMs: (): number => performance.now(), pause };

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

/** A far end that says something so many seconds after it began to listen; what is passed to the shell is constant. */
const lateWord = '(sleep "$1"; echo alive; sleep 1) | timeout 8 busybox nc -l -p "$0"';
/** A connection that is held open without a word for longer than any of the moments. */
const silence = 'sleep 8 | timeout 8 busybox nc -p "$0" 198.51.100.1 "$0"';

/** Whether what the far end says after so many seconds still reaches the host. */
async function hears(name: string, port: number, seconds: number): Promise<boolean> {
  const far = lab.lab.node("far").exec(["/bin/sh", "-c", lateWord, String(port), String(seconds)]);
  await startDeadline(clock, 5000).until(`a listener on port ${port}`, async () => {
    const { stdout } = await lab.lab.node("far").exec(["busybox", "netstat", "-ltn"]);
    return stdout.includes(`:${port} `) ? { done: undefined } : { seen: stdout };
  });
  const { stdout } = await lab.lab.node(`in-${name}`).exec(["/bin/sh", "-c", silence, String(port)]);
  await far;
  return stdout.includes("alive");
}

describe("XC-9: TCP is forgotten after its timeouts and not before", () => {
  it("an idle connection", async () => {
    const heard = await Promise.all(
      presets.map(async (name, index) => {
        const ports = [910 + 2 * index, 911 + 2 * index] as const;
        const moments = [hears(name, ports[0], timeouts.tcpEstablished / 2), hears(name, ports[1], timeouts.tcpEstablished + 3)];
        return [name, ...(await Promise.all(moments))];
      }),
    );
    expect(heard).toEqual(presets.map((name) => [name, true, false]));
  });

  it.each(["full-cone", "cgnat"] as const)("a closed connection's mapping of %s", async (name) => {
    const host = lab.hostOf(name);
    const alive = [timeouts.tcpTransitory / 2, timeouts.tcpTransitory + 1].map((seconds) =>
      isTcpMappingAlive(lab.bench, { host, momentMs: seconds * 1000, pause }),
    );
    expect(await Promise.all(alive)).toEqual([true, false]);
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

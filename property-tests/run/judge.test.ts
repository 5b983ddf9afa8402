import { expect, it } from "vitest";
import type { PacketDrop } from "../../emulator/capture/index.ts";
import type { Overflows } from "../../emulator/host/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { HarnessError, HeldUpError, outcomeOf } from "../laws/index.ts";
import type { Property, PropertyOutcome } from "../laws/index.ts";
import { judgeFarm } from "./judge.ts";
import type { Session } from "./session.ts";

const session = { farm: { name: "farm" } } as Session;

async function judged(outcome: PropertyOutcome, overflows: () => Overflows, lost?: string): Promise<LawResult | undefined> {
  const property: Property = { law: "EX-7", name: "EX-7 holds", needs: [], run: () => Promise.resolve(outcome) };
  const options = { signal: new AbortController().signal, capabilities: new Set(["tun"]), onEvent: () => undefined, overflows };
  const losses = (): Promise<string | undefined> => Promise.resolve(lost);
  return (await judgeFarm(session, [property], { ...options, losses }))[0];
}

/** Of a machine that loses one packet more at each look. */
function losing(): () => Overflows {
  let neighbours6 = 70;
  return () => ({ neighbours4: 0, neighbours6: (neighbours6 += 1), queued: 0 });
}

const steady = (): Overflows => ({ neighbours4: 3, neighbours6: 70, queued: 9 });

it("what fails while the machine itself loses packets says of what", async () => {
  const result = await judged(outcomeOf(1, ["no answer came"]), losing());
  expect(result?.verdict).toBe("failed");
  expect(result?.why).toMatch(/^no answer came\nthis machine lost packets meanwhile, .* IPv6 neighbours was full 1 time /);
});

it("what the machine lost before changes no verdict", async () => {
  expect(await judged(outcomeOf(1, ["no answer came"]), steady)).toMatchObject({ verdict: "failed", why: "no answer came" });
});

it("what fails says what its own lab had no room for", async () => {
  const lost = "this lab had no room for packets since it is up: 12 for tunnel wg-1abc-1 of node-1/net-1abc-1";
  expect((await judged(outcomeOf(1, ["no answer came"]), steady, lost))?.why).toBe(`no answer came\n${lost}`);
  expect((await judged(outcomeOf(1, []), steady, lost))?.why).toBeNull();
});

it("what fails says what the kernel threw away of its packets, since it was asked", async () => {
  const drop = { reason: "PKT_TOO_BIG", function: "ip6_forward", interface: "eth0", bytes: Buffer.from("farmlab-probe abc 1 1 64") };
  const [before, after] = [0n, BigInt(Date.now() + 60_000) * 1_000_000n];
  const recentDrops = (): PacketDrop[] => [
    { ...drop, where: "node-1", timeNs: before },
    { ...drop, where: "node-2", timeNs: after },
  ];
  const request = { from: { node: "node-1" }, to: { family: 4, value: 1n }, protocol: "udp" } as const;
  const run = async (): Promise<PropertyOutcome> =>
    await Promise.resolve(outcomeOf(1, ["no answer came"], { broken: [{ request, story: "no answer came", token: "abc" }] }));
  const property: Property = { law: "EX-7", name: "EX-7 holds", needs: [], run };
  const options = { signal: new AbortController().signal, capabilities: new Set(["tun"]), onEvent: () => undefined, overflows: steady };
  const [result] = await judgeFarm(session, [property], { ...options, losses: () => Promise.resolve(undefined), recentDrops });
  expect(result?.why).toBe(
    "no answer came\nthe kernel threw away of these packets: in node-2: PKT_TOO_BIG, by ip6_forward, interface eth0",
  );
});

it("what holds in spite of it has held", async () => {
  expect(await judged(outcomeOf(1, []), losing())).toMatchObject({ verdict: "passed", why: null });
});

it.each([
  { spoilt: 2, error: new HeldUpError("this machine was held up"), verdict: "passed" },
  { spoilt: 3, error: new HeldUpError("this machine was held up"), verdict: "unknown" },
  { spoilt: 1, error: new HarnessError("nobody could look"), verdict: "unknown" },
])("is judged again where a machine was held up, and not for ever: $spoilt times, $error.name", async ({ spoilt, error, verdict }) => {
  let times = 0;
  const run = async (): Promise<PropertyOutcome> => {
    await Promise.resolve();
    if ((times += 1) <= spoilt) throw error;
    return outcomeOf(1, []);
  };
  const property: Property = { law: "EX-18", name: "EX-18 holds", needs: [], alone: true, run };
  const options = { signal: new AbortController().signal, capabilities: new Set(["tun"]), onEvent: () => undefined, overflows: steady };
  const [result] = await judgeFarm(session, [property], options);
  expect(result?.verdict).toBe(verdict);
  expect(times).toBe(Math.min(spoilt + (verdict === "passed" ? 1 : 0), 3));
});

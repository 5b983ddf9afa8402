import { expect, it } from "vitest";
import type { Overflows } from "../../emulator/host/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { outcomeOf } from "../laws/index.ts";
import type { Property, PropertyOutcome } from "../laws/index.ts";
import { judgeFarm } from "./judge.ts";
import type { Session } from "./session.ts";

const session = { farm: { name: "farm" } } as Session;

async function judged(outcome: PropertyOutcome, overflows: () => Overflows): Promise<LawResult | undefined> {
  const property: Property = { law: "EX-7", name: "EX-7 holds", needs: [], run: () => Promise.resolve(outcome) };
  const options = { signal: new AbortController().signal, capabilities: new Set(["tun"]), onEvent: () => undefined, overflows };
  return (await judgeFarm(session, [property], options))[0];
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

it("what holds in spite of it has held", async () => {
  expect(await judged(outcomeOf(1, []), losing())).toMatchObject({ verdict: "passed", why: null });
});

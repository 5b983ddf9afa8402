import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { natPresets } from "../../core/farm/index.ts";
import type { Farm, NatBehaviour } from "../../core/farm/index.ts";
import { natProperties } from "../laws/xc-09-nat.ts";
import type { PropertyOutcome } from "../laws/index.ts";
import { openFarm } from "./open-farm.fixture.ts";
import type { OpenSession } from "../run/open-session.ts";

let open: OpenSession;

beforeAll(async () => {
  open = await openFarm("behind-nat");
});

afterAll(async () => {
  await open?.close();
});

/** Judges the lab as if the farm file had said something else than what the lab was made of. */
async function judged(edit: (farm: Farm) => Farm): Promise<PropertyOutcome> {
  const [property] = natProperties;
  if (property === undefined) throw new Error("XC-9 has no property");
  return await property.run({ ...open.session, farm: edit(open.session.farm) });
}

const withNat = (farm: Farm, router: string, change: (nat: NatBehaviour) => NatBehaviour): Farm => ({
  ...farm,
  homeRouters: farm.homeRouters.map((home) => (home.name === router ? { ...home, nat: change(home.nat) } : home)),
  carriers: farm.carriers.map((carrier) => (carrier.name === router ? { ...carrier, nat: change(carrier.nat) } : carrier)),
});

describe("XC-9", () => {
  it("holds on the farm as it is", async () => {
    expect(await judged((farm) => farm)).toMatchObject({ verdict: "passed", why: null });
  });

  it.each([
    ["home-a", "udp mapping", { mapping: "address-dependent" }],
    ["home-a", "tcp overloading", { overloading: false }],
    ["home-b", "udp ports", { ports: "sequential" }],
    ["home-c", "tcp filtering", { filtering: "endpoint-independent" }],
    ["home-d", "udp filtering", { filtering: "endpoint-independent" }],
    ["isp", "udp hairpinning", { hairpin: "internal" }],
  ] as const)("finds that %s has another %s than it is said to have", async (router, what, change) => {
    const { verdict, why } = await judged((farm) => withNat(farm, router, (nat) => ({ ...nat, ...change })));
    expect([verdict, why]).toEqual(["failed", expect.stringContaining(`${router}: ${what}`)]);
  });

  it("finds a forward that is not there", async () => {
    const { why } = await judged((farm) => ({
      ...farm,
      homeRouters: farm.homeRouters.map((home) => ({
        ...home,
        portForwards: home.portForwards.map((forward) => ({ ...forward, port: 9 })),
      })),
    }));
    expect(why).toContain("home-a does not forward tcp/9 to its host's port 22");
  });

  it("finds a preset in another's place whole", async () => {
    const { verdict, why } = await judged((farm) => withNat(farm, "home-b", () => natPresets["full-cone"]));
    expect([verdict, why?.split("\n").filter((line) => line.startsWith("home-b: udp")).length]).toEqual(["failed", 4]);
  });
});

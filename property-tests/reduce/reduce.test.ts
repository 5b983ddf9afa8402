import { describe, expect, it } from "vitest";
import { seededRandom } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { triesFor } from "./candidates.ts";
import type { Answer, Fires } from "./candidates.ts";
import { farmNamed, twoHidden, udpForwardToHidden } from "./farms.fixture.ts";
import { reduce, sizeText, usualEmulations } from "./index.ts";

/** Answers from the document alone; counts what it is asked. */
function failure(shows: (document: FarmFile) => boolean): { readonly fires: Fires; readonly asked: FarmFile[] } {
  const asked: FarmFile[] = [];
  return { asked, fires: async (document) => (asked.push(document), shows(document) ? "fires" : "passes") };
}

describe("the reducer", () => {
  it("finds the smallest farm with two hidden nodes in one network, and says that it is one", async () => {
    const { fires, asked } = failure(twoHidden);
    const reduction = await reduce(farmNamed("behind-nat"), fires);
    expect(reduction).toMatchObject({ end: "minimal", firing: { fired: 5, of: 5 }, tries: 1 });
    expect(reduction.to).toMatchObject({ nodes: 3, networks: 1, resources: 3, flows: 0, conditions: 0 });
    expect(reduction.removals).toMatchObject({ tried: reduction.removals.possible, unknown: 0 });
    expect(reduction.emulations).toBe(asked.length);
    expect(reduction.emulations).toBeLessThanOrEqual(usualEmulations);
    expect(sizeText(reduction.to)).toMatch(/^3 nodes, 1 network, 3 resources, \d+ parts of the surroundings, \d+ settings$/);
  });

  it("keeps what the failure needs, down to the service that is forwarded", async () => {
    const { fires } = failure(udpForwardToHidden);
    const { document, end } = await reduce(farmNamed("three-exit-nodes"), fires);
    expect(end).toBe("minimal");
    expect(Object.keys(document.nodes)).toEqual(["exit-1", "hidden"]);
    expect(document.networks?.["amber"]?.["port-forwards"]).toEqual([
      { address: "185.206.122.200", service: "udp/5353", workload: "amber-2", port: 53 },
    ]);
    expect(Object.keys(document.networks?.["amber"]?.workloads ?? {})).toEqual(["amber-2"]);
  });

  it("takes overlays, standbys, partners, routing tables and absence away where a failure needs none, and keeps the one that it needs", async () => {
    const [overlays, standby, vrf, partners] = [farmNamed("overlays"), farmNamed("standby"), farmNamed("vrf"), farmNamed("active-active")];
    const unusual = /"(overlay|standby|partner|isolation|emulate)":/;
    const eth0 = { ...vrf.nodes["node-3"]!.nics["eth0"]!, ipv4: "192.168.1.11/24" };
    const withSpare: FarmFile = { ...vrf, nodes: { ...vrf.nodes, spare: { nics: { eth0 }, emulate: false } } };
    for (const farm of [overlays, standby, vrf, partners, withSpare]) {
      const { fires } = failure((document) => Object.values(document.networks ?? {}).some(({ resources }) => resources.length > 1));
      const { document, end } = await reduce(farm, fires);
      expect(end).toBe("minimal");
      expect(JSON.stringify(document)).not.toMatch(unusual);
    }
    const needed: [FarmFile, (document: FarmFile) => boolean][] = [
      [overlays, ({ networks }) => Object.values(networks ?? {}).some(({ overlay }) => overlay === "vxlan")],
      [overlays, ({ networks }) => Object.values(networks ?? {}).filter(({ overlay }) => overlay === "segment").length === 2],
      [standby, ({ nodes }) => Object.values(nodes).some((node) => node["exit-node"]?.standby !== undefined)],
      [vrf, ({ nodes }) => Object.values(nodes).some((node) => node["exit-node"]?.isolation === "vrf")],
      [partners, ({ nodes }) => Object.values(nodes).some((node) => node["exit-node"]?.partner !== undefined)],
      [withSpare, ({ nodes }) => Object.values(nodes).some(({ emulate }) => emulate === false)],
    ];
    for (const [farm, shows] of needed) {
      const { document, end, to } = await reduce(farm, failure(shows).fires);
      expect({ end, shows: shows(document) }).toEqual({ end: "minimal", shows: true });
      expect(to.nodes).toBeLessThanOrEqual(2);
      expect(to.flows).toBe(0);
    }
  });

  it("asks of valid farms only, each once but for the measurements", async () => {
    const { fires, asked } = failure(twoHidden);
    await reduce(farmNamed("behind-nat"), fires);
    const texts = asked.map(farmText);
    for (const text of texts) expect(loadFarm(text, "candidate").ok).toBe(true);
    const once = texts.slice(3, -5);
    expect(new Set(once).size).toBe(once.length);
  });

  it("gives the same reduction for the same answers, whatever takes how long", async () => {
    const reduceSlowly = async (delays: readonly number[]) => {
      let count = 0;
      const fires: Fires = async (document) => {
        const ticks = delays[(count += 1) % delays.length] ?? 0;
        for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
        return twoHidden(document) ? "fires" : "passes";
      };
      return await reduce(farmNamed("behind-nat"), fires, { parallel: 3 });
    };
    expect(await reduceSlowly([0, 9, 4])).toEqual(await reduceSlowly([7, 0]));
  });

  it("stops where the budget ends, with the smallest farm so far", async () => {
    const { fires, asked } = failure(twoHidden);
    const reduction = await reduce(farmNamed("behind-nat"), fires, { emulations: 14 });
    expect(reduction.end).toBe("budget");
    expect(asked.length).toBeLessThanOrEqual(14);
    expect(twoHidden(reduction.document)).toBe(true);
    expect(reduction.removals.tried).toBeLessThan(reduction.removals.possible);
  });

  it("stops where the time ends, and measures no longer", async () => {
    const { fires, asked } = failure(twoHidden);
    const { end, firing } = await reduce(farmNamed("behind-nat"), fires, { isOver: () => asked.length >= 12 });
    expect({ end, firing }).toEqual({ end: "budget", firing: { fired: 1, of: 1 } });
    expect(asked).toHaveLength(12);
  });

  it("says that the failure does not show, after a few looks", async () => {
    const { fires, asked } = failure(() => false);
    const reduction = await reduce(farmNamed("exit-node"), fires);
    expect(reduction).toMatchObject({ end: "does not fire", firing: { fired: 0, of: 10 } });
    expect(asked).toHaveLength(10);
  });

  it("is unsure where nobody could look at what single removals leave", async () => {
    const fires: Fires = async (document) =>
      twoHidden(document) ? "fires" : Object.keys(document.nodes).length < 3 ? "unknown" : "passes";
    const { end, removals } = await reduce(farmNamed("behind-nat"), fires);
    expect(end).toBe("unsure");
    expect(removals.unknown).toBeGreaterThan(0);
  });

  it("looks more often at candidates of a failure that shows seven times of ten", async () => {
    const random = seededRandom(3, "flaky");
    const fires: Fires = async (document): Promise<Answer> => (twoHidden(document) && random.below(10) < 7 ? "fires" : "passes");
    const reduction = await reduce(farmNamed("behind-nat"), fires);
    expect(reduction.tries).toBeGreaterThan(1);
    expect(reduction.to).toMatchObject({ nodes: 3, networks: 1, resources: 3, flows: 0 });
    expect(reduction.emulations).toBeLessThanOrEqual(usualEmulations * reduction.tries);
  });

  it("passes on what the lab throws", async () => {
    const fires: Fires = () => Promise.reject(new Error("interrupted"));
    await expect(reduce(farmNamed("exit-node"), fires)).rejects.toThrow("interrupted");
  });
});

describe("tries", () => {
  it("are as many as overlook a failure one time in twenty at most", () => {
    expect([1, 0.9, 0.7, 0.5, 0.3, 0.01].map((share) => triesFor({ fired: 100 * share, of: 100 }))).toEqual([1, 2, 3, 5, 8, 8]);
    expect(triesFor({ fired: 0, of: 10 })).toBe(1);
  });
});

import { afterEach, describe, expect, it } from "vitest";
import type { NodeFacts, NodeStatus } from "../intents/index.ts";
import { settle } from "../allocate/index.ts";
import { encodeIntents, encodeNetworkGrant, encodeNodeFacts, intentKeys } from "../store/index.ts";
import { address, prefix } from "../common/address.fixture.ts";
import type { NodePlan, WireguardPeerPlan } from "../plan/index.ts";
import { createStandInFarm, intentsOfOneNetwork, type StandInFarm, type StandInNode, type StandInOptions } from "./farm.fixture.ts";
import type { Measured } from "./reachability.ts";

const open: Measured = { ipv4: "public", ipv6: "none" };
const closed: Measured = { ipv4: "hidden", ipv6: "none" };
const isReady = (status: NodeStatus): boolean => status.phase === "ready";

let farms: StandInFarm[] = [];
const farmOf = (options: StandInOptions): StandInFarm => {
  const farm = createStandInFarm(options);
  farms.push(farm);
  return farm;
};
afterEach(async () => {
  await Promise.all(farms.map(async (farm) => await farm.stop()));
  farms = [];
});

const peersOf = (plan: NodePlan | undefined): readonly WireguardPeerPlan[] =>
  plan?.namespaces.flatMap((namespace) => namespace.links.flatMap((link) => (link.kind === "wireguard" ? link.wireguard.peers : []))) ?? [];

describe("agents together", () => {
  const layouts = [
    { others: ["node-2"], publicNodes: ["node-1"] },
    { others: ["node-2", "node-3"], publicNodes: ["node-1"] },
    { others: ["node-2", "node-0"], publicNodes: ["node-1", "node-2", "node-0"] },
    { others: ["node-2", "node-3", "node-4"], publicNodes: ["node-1", "node-3"] },
  ];

  it.each(layouts.flatMap((layout) => Array.from({ length: 10 }, (_, seed) => ({ ...layout, seed }))))(
    "come to rest, and nobody opens a tunnel to a node that does not expect it: $others, public $publicNodes, order $seed",
    async ({ others, publicNodes, seed }) => {
      const names = ["node-1", ...others];
      const now = new Map<string, NodePlan>();
      const early: string[] = [];
      const keyOwner = (publicKey: string): string =>
        nodes.find((node) => Object.values(node.facts().publicKeys).includes(publicKey))?.name ?? "nobody";
      const farm = farmOf({
        seed,
        measured: (node) => (publicNodes.includes(node) ? open : closed),
        onPlan: (node, plan) => {
          const known = new Set(peersOf(now.get(node)).map((peer) => `${peer.publicKey} ${peer.endpoint ?? ""}`));
          now.set(node, plan);
          for (const peer of peersOf(plan)) {
            if (peer.endpoint === undefined || known.has(`${peer.publicKey} ${peer.endpoint}`)) continue;
            const owner = keyOwner(peer.publicKey);
            const expected = peersOf(now.get(owner)).some((back) => keyOwner(back.publicKey) === node);
            // Of two that can both open, the first may be too early: the second one's message makes up for it.
            if (!expected && !(publicNodes.includes(node) && node < owner)) early.push(`${node} -> ${owner}`);
          }
        },
      });
      const nodes = names.map((name) => farm.start(name));
      const revision = farm.writeIntents(intentsOfOneNetwork(others, publicNodes));
      await Promise.all(nodes.map(async (node) => await node.until((status) => isReady(status) && status.revision >= revision)));
      expect(early).toEqual([]);
      for (const node of nodes) {
        const isPublic = publicNodes.includes(node.name);
        const direct = names.filter(
          (name) => name !== node.name && (isPublic || publicNodes.includes(name) || name === "node-1" || node.name === "node-1"),
        );
        expect(
          peersOf(node.plans.at(-1)?.plan)
            .map((peer) => keyOwner(peer.publicKey))
            .toSorted(),
        ).toEqual(direct.toSorted());
        expect(node.facts().endpoints.ipv4 !== undefined).toBe(isPublic);
      }
    },
  );

  it("say for whom they wait", async () => {
    const farm = farmOf({ seed: 1, measured: () => closed });
    farm.writeIntents(intentsOfOneNetwork(["node-2"], []));
    const node = farm.start("node-2");
    const status = await node.until((now) => now.phase === "waiting" && now.messages.some((message) => message.includes("key of")));
    expect(status.messages).toContain("waiting for the key of wg-1ab0-1 on node-1");
  });

  it("find their state right after a restart and change nothing", async () => {
    const farm = farmOf({ seed: 2, measured: (node) => (node === "node-1" ? open : closed) });
    farm.writeIntents(intentsOfOneNetwork(["node-2"], ["node-1"]));
    const nodes = ["node-1", "node-2"].map((name) => farm.start(name));
    await Promise.all(nodes.map(async (node) => await node.until(isReady)));
    for (const name of ["node-1", "node-2"]) {
      const before = nodes.find((node) => node.name === name);
      const plansOfOthers = nodes.filter((node) => node !== before).map((node) => node.plans.length);
      await before?.stop();
      const again = farm.start(name);
      const status = await again.until(isReady);
      expect(status.changes).toBe(0);
      expect(again.plans.map(({ looked }) => looked)).toEqual([true]);
      expect(nodes.filter((node) => node !== before).map((node) => node.plans.length)).toEqual(plansOfOthers);
      await again.stop();
    }
  });

  it("greet a tunnel anew that was made anew, also where nothing else tells of it, and know it after a restart", async () => {
    const farm = farmOf({ seed: 3, measured: () => closed });
    farm.writeIntents(intentsOfOneNetwork(["node-2"], ["node-1"]));
    const [tunnel, key] = ["wg-1ab0-1", `${"A".repeat(43)}=`];
    const exitPoint = (life: string, accepted: readonly string[]): NodeFacts => ({
      ...{ node: "node-1", publicKeys: { [tunnel]: key }, reachability: { ipv4: "public", ipv6: "none" } },
      ...{ endpoints: { ipv4: address("192.0.2.1") }, acceptedKeys: { [tunnel]: accepted }, tunnelLives: { [tunnel]: life } },
    });
    const says = (facts: NodeFacts): number => farm.store.write(new Map([[intentKeys.facts("node-1"), encodeNodeFacts(facts)]]));
    const node = farm.start("node-2");
    says(exitPoint("0000000a", []));
    await node.until(({ messages }) => messages.some((message) => message.includes("has taken this node's key")));
    const accepted = Object.values(node.facts().publicKeys).map((own) => own.slice(0, 8));
    const isReadyAt = async (who: StandInNode, revision: number): Promise<unknown> =>
      await who.until((status) => isReady(status) && status.revision >= revision);
    await isReadyAt(node, says(exitPoint("0000000a", accepted)));
    const peersSince = (who: StandInNode, from: number): readonly number[] => who.plans.slice(from).map(({ plan }) => peersOf(plan).length);
    let before = node.plans.length;
    await isReadyAt(node, says({ ...exitPoint("0000000a", accepted), networks: {} }));
    expect(peersSince(node, before)).toEqual([]);
    await isReadyAt(node, says(exitPoint("0000000b", accepted)));
    expect(peersSince(node, before)).toEqual([0, 1]);
    const own = node.facts().tunnelLives;
    await node.stop();
    const again = farm.start("node-2");
    await again.until(isReady);
    expect([peersSince(again, 0), again.facts().tunnelLives]).toEqual([[1], own]);
    before = again.plans.length;
    await isReadyAt(again, says(exitPoint("0000000c", accepted)));
    expect(peersSince(again, before)).toEqual([0, 1]);
  });

  it("give a tunnel that is made anew a life of its own", async () => {
    const farm = farmOf({ seed: 4, measured: () => closed });
    const intents = intentsOfOneNetwork(["node-2"], []);
    const node = farm.start("node-2");
    const lives = async (): Promise<readonly string[]> => {
      const revision = farm.writeIntents(intents);
      await node.until(({ revision: now }) => now >= revision && node.facts().tunnelLives !== undefined);
      const now = Object.values(node.facts().tunnelLives ?? {});
      const empty = farm.writeIntents({ ...intents, networks: [] });
      await node.until((status) => isReady(status) && status.revision >= empty);
      return now;
    };
    const [first, second] = [await lives(), await lives()];
    expect([first.length, second.length, first[0] === second[0]]).toEqual([1, 1, false]);
    expect(node.facts().tunnelLives).toBeUndefined();
  });

  it("say that they have a network until it is gone, whatever fails on the way", async () => {
    const farm = farmOf({ seed: 6, measured: () => closed });
    const intents = intentsOfOneNetwork(["node-2"], []);
    farm.writeIntents(intents);
    const node = farm.start("node-2");
    const said = (): unknown => JSON.parse(farm.store.values.get("/farmlab/facts/node-2")?.value ?? "{}").networks;
    await node.until(({ phase }) => phase === "waiting");
    while (JSON.stringify(said()) !== '{"wg-1ab1-1":"blue"}') await new Promise((resolve) => setImmediate(resolve));
    node.failures = 2;
    farm.writeIntents({ ...intents, networks: [] });
    await node.until(({ phase }) => phase === "failing");
    expect(said()).toEqual({ "wg-1ab1-1": "blue" });
    await node.until(isReady);
    expect(said()).toEqual({});
  });

  it("wait for what the allocator has not granted, and say why not", async () => {
    const farm = farmOf({ seed: 7, measured: () => closed });
    const intents = intentsOfOneNetwork([], []);
    const [blue] = intents.networks;
    farm.writeIntents({ ...intents, networks: [{ ...blue!, resources: blue!.resources.map((one) => ({ ...one, exitPoint: false })) }] });
    const node = farm.start("node-1");
    const reason = "network blue has 0 exit points; it needs exactly one";
    await node.until(({ messages }) => messages.includes(`waiting for a prefix for its part of network blue (${reason})`));
    farm.writeIntents(intents);
    await node.until(isReady);
  });

  it("withdraw their facts with their last intent", async () => {
    const farm = farmOf({ seed: 3, measured: () => closed });
    farm.writeIntents(intentsOfOneNetwork([], []));
    const node = farm.start("node-1");
    await node.until(isReady);
    expect(farm.store.values.has("/farmlab/facts/node-1")).toBe(true);
    const revision = farm.writeIntents({ allocations: [], nodes: [], networks: [] });
    await node.until((status) => isReady(status) && status.revision > revision);
    expect(farm.store.values.has("/farmlab/facts/node-1")).toBe(false);
    expect(node.plans.at(-1)?.plan.namespaces.map((namespace) => namespace.name)).toEqual(["host"]);
  });
});

describe("a pass", () => {
  it("is spared when nothing of the node's own changed", async () => {
    const farm = farmOf({ seed: 4, measured: () => closed });
    const intents = intentsOfOneNetwork([], []);
    farm.writeIntents(intents);
    const node = farm.start("node-1");
    await node.until(isReady);
    const plans = node.plans.length;
    const revision = farm.writeIntents({ ...intents, nodes: [...intents.nodes, { name: "node-9" }] });
    await node.until((status) => isReady(status) && status.revision === revision);
    expect(node.plans.length).toBe(plans);
  });

  it("looks at the node when told that something happened to it", async () => {
    const farm = farmOf({ seed: 5, measured: () => closed });
    farm.writeIntents(intentsOfOneNetwork([], []));
    const node = farm.start("node-1");
    await node.until(isReady);
    const plans = node.plans.length;
    node.reconciler.look();
    while (node.plans.length === plans) await new Promise((resolve) => setImmediate(resolve));
    expect(node.plans.at(-1)?.looked).toBe(true);
    expect(node.statuses.at(-1)).toMatchObject({ phase: "ready", changes: 0 });
  });

  it("looks regularly at some of a large node's namespaces at a time, and does what is new in between", async () => {
    let isTime = Promise.withResolvers<void>();
    const pauses = async (milliseconds: number): Promise<void> => {
      if (milliseconds < 30_000) return void (await new Promise((resolve) => setImmediate(resolve)));
      await isTime.promise;
      isTime = Promise.withResolvers();
    };
    const farm = farmOf({ seed: 5, measured: () => closed, pauses });
    const one = intentsOfOneNetwork([], []);
    const networks = Array.from({ length: 120 }, (_, index) => ({
      ...one.networks[0]!,
      name: `network-${index}`,
      resources: [{ node: "node-1", exitPoint: true, prefix: prefix(`2a02:1802:5e:1a${index.toString(16).padStart(2, "0")}::/64`) }],
    }));
    farm.writeIntents({ ...one, networks });
    const node = farm.start("node-1");
    await node.until(isReady);
    const before = node.plans.length;
    const all = node.plans.at(-1)!.plan.namespaces.map(({ name }) => name);
    let revision = 0;
    node.duringLook = async () => {
      if (revision > 0 || node.plans.length === before) return;
      // In the second part of the look, which then takes no namespace more.
      revision = farm.writeIntents({ ...one, networks: networks.slice(1) });
      while (node.view.contents.revision < revision) await new Promise((resolve) => setImmediate(resolve));
    };
    isTime.resolve();
    const taken = (): string[] => node.plans.slice(before).flatMap(({ lookAt }) => [...(lookAt ?? [])]);
    while (taken().length < all.length) await new Promise((resolve) => setImmediate(resolve));
    const passes = node.plans.slice(before);
    const sizes = passes.map(({ lookAt }) => lookAt?.size);
    const changed = sizes.indexOf(undefined);
    expect(sizes[changed - 1]).toBe(1);
    expect(Math.max(...sizes.flatMap((size) => size ?? []))).toBe(32);
    expect(passes[changed]?.plan.namespaces.length).toBeLessThan(all.length);
    expect(node.statuses.at(-1)?.revision).toBeGreaterThanOrEqual(revision);
    expect(taken().toSorted()).toEqual(all.toSorted());
    expect(node.plans.slice(before).every(({ looked }) => !looked)).toBe(true);
  });

  it("carries out at once what others said while it planned", async () => {
    const farm = farmOf({ seed: 5, measured: () => open });
    const node = farm.start("node-1");
    await node.until((status) => status.phase === "ready");
    const publicKey = "7aiIO91ZDp2DHeA3xD0wc2VMyNiz9GG+GLq+rqh9kUk=";
    const said: NodeFacts = {
      ...{ node: "node-2", publicKeys: { "wg-1ab1-1": publicKey }, endpoints: {} },
      reachability: { ipv4: "hidden", ipv6: "none" },
    };
    node.duringTakeIn = async () => {
      const published = node.view.contents.facts().some((one) => one.node === "node-2");
      if (published || node.view.granted.list.networks.length === 0) return;
      const revision = farm.store.write(new Map([[intentKeys.facts("node-2"), encodeNodeFacts(said)]]));
      while (node.view.contents.revision < revision) await new Promise((resolve) => setImmediate(resolve));
    };
    const before = node.plans.length;
    farm.writeIntents(intentsOfOneNetwork(["node-2"], ["node-1"]));
    while (node.plans.length === before) await new Promise((resolve) => setImmediate(resolve));
    expect(peersOf(node.plans[before]?.plan).map((peer) => peer.publicKey)).toEqual([publicKey]);
  });

  it("is not ready with what is granted while it is under way", async () => {
    const farm = farmOf({ seed: 5, measured: () => closed });
    const first = intentsOfOneNetwork([], []);
    farm.writeIntents(first);
    const node = farm.start("node-1");
    await node.until(isReady);
    const [blue] = first.networks;
    const resource = { node: "node-1", exitPoint: true, prefix: prefix("2a02:1802:5e:1ac0::/64") };
    const wishes = { ...first, networks: [blue!, { ...blue!, name: "green", resources: [resource] }] };
    const green = settle(new Map(), wishes, { nowMs: 0 }).networks.find(({ network }) => network === "green")!;
    let granted = 0;
    node.duringTakeIn = async () => {
      if (granted > 0 || node.view.contents.revision < wished) return;
      granted = farm.store.write(new Map([[intentKeys.networkGrant("green"), encodeNetworkGrant(green)]]));
      while (node.view.contents.revision < granted) await new Promise((resolve) => setImmediate(resolve));
    };
    const before = node.statuses.length;
    const wished = farm.store.write(new Map(encodeIntents(wishes)));
    await node.until((status) => status.revision >= wished && isReady(status));
    const ready = node.statuses.slice(before).filter((status) => isReady(status) && status.revision >= wished);
    expect(granted).toBeGreaterThan(wished);
    expect(ready.map(({ revision }) => revision).filter((revision) => revision < granted)).toEqual([]);
    expect(node.plans.at(-1)?.plan.namespaces.map(({ name }) => name)).toContain("net-1ac0-1");
  });

  it("that fails says why, is tried again and looks first", async () => {
    const farm = farmOf({ seed: 6, measured: () => closed });
    const node = farm.start("node-1");
    await node.until((status) => status.phase === "ready");
    node.failures = 2;
    farm.writeIntents(intentsOfOneNetwork([], []));
    const failing = await node.until((status) => status.phase === "failing");
    expect(failing.messages).toContain("ip in host: no");
    await node.until(isReady);
    expect(node.statuses.some((status) => status.changes === 1)).toBe(true);
    expect(node.statuses.at(-1)?.messages).toEqual([]);
    expect(node.plans.at(-1)?.looked).toBe(true);
  });

  it("that fails in hundreds of places tells a few of them, and which tunnels ended meanwhile before those", async () => {
    const farm = farmOf({ seed: 6, measured: () => closed });
    const node = farm.start("node-1");
    await node.until((status) => status.phase === "ready");
    node.failures = 1;
    node.failureMessages = Array.from({ length: 300 }, (_, index) => `ip in net-${index}: no`);
    node.reconciler.tunnelEnded("wg-1ab0-1", "too many open files");
    const failing = await node.until((status) => status.phase === "failing");
    expect(failing.messages).toEqual([
      "wg-1ab0-1 ended by itself: too many open files",
      ...Array.from({ length: 8 }, (_, index) => `ip in net-${index}: no`),
      "and 292 more failures",
    ]);
    await node.until(isReady);
    expect(node.statuses.at(-1)?.messages).toEqual([]);
  });

  it("goes on with the last good value of a key that became unreadable", async () => {
    const farm = farmOf({ seed: 7, measured: () => closed });
    farm.writeIntents(intentsOfOneNetwork([], []));
    const node = farm.start("node-1");
    await node.until(isReady);
    const plans = node.plans.length;
    const revision = farm.store.write(new Map([["/farmlab/intents/networks/blue", "{half"]]));
    const status = await node.until((now) => now.revision === revision);
    expect(status.phase).toBe("ready");
    expect(status.messages.join()).toContain("/farmlab/intents/networks/blue");
    expect(node.plans.length).toBe(plans);
  });

  it("keeps the farm when the store comes back empty, until intents are there again", async () => {
    const farm = farmOf({ seed: 8, measured: () => closed });
    const intents = intentsOfOneNetwork([], []);
    for (let count = 0; count < 5; count += 1) farm.writeIntents(intents);
    const node = farm.start("node-1");
    await node.until(isReady);
    const plan = JSON.stringify(node.plans.at(-1)?.plan);
    node.view.handlers.snapshot({ cluster: "1", revision: 1, entries: [] });
    const status = await node.until((now) => now.phase === "waiting");
    expect(status.messages.join()).toContain("lost");
    expect(JSON.stringify(node.plans.at(-1)?.plan)).toBe(plan);
    farm.writeIntents(intents);
    await node.until(isReady);
    expect(JSON.stringify(node.plans.at(-1)?.plan)).toBe(plan);
  });

  it("takes another store of more revisions for one that lost everything, and emptied lists of the same for what they are", async () => {
    const farm = farmOf({ seed: 8, measured: () => closed });
    const intents = intentsOfOneNetwork([], []);
    const last = farm.writeIntents(intents);
    const node = farm.start("node-1");
    await node.until(isReady);
    const plan = JSON.stringify(node.plans.at(-1)?.plan);
    node.view.handlers.snapshot({ cluster: "2", revision: last + 5, entries: [] });
    const status = await node.until((now) => now.phase === "waiting");
    expect(status.messages.join()).toContain("lost");
    node.view.handlers.snapshot({ cluster: "2", revision: last + 6, entries: [] });
    expect(node.view.waitingFor).toContain("lost");
    expect(JSON.stringify(node.plans.at(-1)?.plan)).toBe(plan);
    node.view.handlers.snapshot({ cluster: "2", revision: last + 7, entries: farm.store.entries() });
    await node.until(isReady);
    expect(JSON.stringify(node.plans.at(-1)?.plan)).toBe(plan);
    node.view.handlers.snapshot({ cluster: "2", revision: last + 8, entries: [] });
    expect(node.view.waitingFor).toBeUndefined();
    expect(node.view.contents.wishes().networks).toEqual([]);
  });

  it("says that it waits for the store, and keeps what it has", async () => {
    const farm = farmOf({ seed: 9, measured: () => closed });
    farm.writeIntents(intentsOfOneNetwork([], []));
    const node = farm.start("node-1");
    await node.until(isReady);
    const plans = node.plans.length;
    node.view.handlers.connection({ connected: false, waitingFor: "http://198.51.100.53:2379: ECONNREFUSED" });
    const status = await node.until((now) => now.phase === "waiting");
    expect(status.messages).toEqual(["waiting for the store: http://198.51.100.53:2379: ECONNREFUSED"]);
    expect(node.plans.length).toBe(plans);
  });
});

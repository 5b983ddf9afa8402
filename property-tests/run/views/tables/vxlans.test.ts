import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { LabTables } from "./lab-tables.ts";
import { matches } from "./match-rule.ts";
import type { Packet } from "./packet.ts";
import { everybody, readForwarding, readInterfaces, type Interface, type PlaceTables } from "./place-tables.ts";
import { throughVxlan, type SendMessage } from "./vxlans.ts";

const address = (text: string): Address => parseAddress(text)!;
const macs = ["0a:00:00:00:00:01", "0a:00:00:00:00:02", "0a:00:00:00:00:03"] as const;
const vtep = (node: number): string => `192.0.2.${node}`;

/** As `ip -j -d addr show` and `bridge -j fdb show` tell of them. */
const shownVxlan = (node: number, vni: number): string =>
  JSON.stringify([
    {
      ...{ ifname: "vx-1", ifindex: 9, address: macs[node - 1], flags: ["UP"], link_netnsid: 0 },
      linkinfo: { info_kind: "vxlan", info_data: { id: vni, local: vtep(node), port: 4789 } },
      addr_info: [{ local: `10.255.0.${node}` }],
    },
  ]);
const shownEntries = (entries: readonly (readonly [string, string])[]): string =>
  JSON.stringify([
    ...entries.map(([mac, dst]) => ({ mac, ifname: "vx-1", dst, flags: ["self"], state: "permanent" })),
    { mac: "33:33:00:00:00:01", ifname: "br-1", flags: ["self"], state: "permanent" },
  ]);

const bare = { neighbours: [], chains: [], tracked: [], listening: new Set<string>(), forwards: { 4: true, 6: true }, counters: new Map() };

function placesOf(node: number, entries: readonly (readonly [string, string])[], vni: number): PlaceTables[] {
  const name = `node-${node}`;
  const namespaceIds = new Map([[0, "public"]]);
  return [
    { ...bare, where: `${name}/public`, node: name, namespace: "public", interfaces: [], namespaceIds: new Map(), forwarding: [] },
    {
      ...{ ...bare, where: `${name}/net`, node: name, namespace: "net", namespaceIds },
      ...{ interfaces: readInterfaces(shownVxlan(node, vni)), forwarding: readForwarding(shownEntries(entries)) },
    },
  ];
}

/** Three nodes, of which the first has these entries. */
function labOf(entries: readonly (readonly [string, string])[], vniOfSecond = 7): LabTables {
  const places = [...placesOf(1, entries, 7), ...placesOf(2, [], vniOfSecond), ...placesOf(3, [], 7)];
  return { places: new Map(places.map((place) => [place.where, place])), tunnels: [] };
}

/** Comes to whoever has the address, where anybody has. */
const arrives: SendMessage = async (_, { destination }) => await Promise.resolve({ at: `node-${destination.value & 0xffn}/public` });

async function sendToSecond(tables: LabTables, send: SendMessage = arrives): Promise<string> {
  const place = tables.places.get("node-1/net")!;
  const link = place.interfaces[0] as Interface & { readonly vxlan: NonNullable<Interface["vxlan"]> };
  const to = await throughVxlan(tables, { place, link }, address("10.255.0.2"), send);
  return "why" in to ? `${to.kind} in ${to.where}: ${to.why}` : `${to.place.where} ${to.link.name}`;
}

const [, second] = macs;
const usual = [
  [second, vtep(2)],
  [everybody, vtep(2)],
  [everybody, vtep(3)],
] as const;

describe("a step through a VXLAN", () => {
  it("comes out where the forwarding table sends it, from the VXLAN's own address, with its identifier", async () => {
    const sent: [string, Packet][] = [];
    const send: SendMessage = async (from, message) => (sent.push([from.where, message]), await arrives(from, message));
    expect(await sendToSecond(labOf(usual), send)).toBe("node-2/net vx-1");
    expect(sent).toEqual([
      [
        "node-1/public",
        expect.objectContaining({ source: address(vtep(1)), destination: address(vtep(2)), destinationPort: 4789, vni: 7 }),
      ],
    ]);
  });

  it("is flooded where there is no entry for who answered", async () => {
    expect(await sendToSecond(labOf(usual.slice(1)))).toBe("node-2/net vx-1");
  });

  it("ends where nobody is asked who has it", async () => {
    const nobody = "refused in node-1/net: nobody whom vx-1 asks has 10.255.0.2";
    expect(await sendToSecond(labOf([]))).toBe(nobody);
    expect(await sendToSecond(labOf([[everybody, vtep(3)]]))).toBe(nobody);
    expect(await sendToSecond(labOf(usual, 8))).toBe(nobody);
  });

  it("ends at another node that the entry leads to, and says the entry", async () => {
    const by = `by the forwarding table of vx-1 in node-1/net frames for ${second} go to`;
    expect(await sendToSecond(labOf([[second, vtep(3)], ...usual.slice(1)]))).toBe(
      `dropped in node-3/net: vx-1 takes no frame for ${second}: ${by} ${vtep(3)}`,
    );
    expect(await sendToSecond(labOf([[second, vtep(4)], ...usual.slice(1)]))).toBe(
      `dropped in node-4/public: no VXLAN 7 has its socket there: ${by} ${vtep(4)}`,
    );
  });

  it("ends where its message does", async () => {
    const lost: SendMessage = async () => await Promise.resolve({ kind: "dropped", where: "upstream", why: "a rule" });
    expect(await sendToSecond(labOf(usual), lost)).toBe("dropped in upstream: a rule");
  });
});

it("rules on a VXLAN's identifier and on who sent a frame are followed, and cannot be told of what has none", () => {
  const packet: Packet = {
    ...{ source: address(vtep(1)), destination: address(vtep(2)), protocol: "udp", sourcePort: 0, destinationPort: 4789 },
    isAnswer: false,
  };
  const at = { packet, state: "new", isDestinationTranslated: false } as const;
  const ofVni = { match: { op: "==", left: { payload: { base: "th", offset: 96, len: 24 } }, right: 7 } };
  const of = (vni: number): boolean | undefined => matches(ofVni, { ...at, packet: { ...packet, vni } });
  expect([of(7), of(8), matches(ofVni, at)]).toEqual([true, false, undefined]);
  const ofSender = { match: { op: "==", left: { payload: { protocol: "ether", field: "saddr" } }, right: macs[0] } };
  const by = (sender: string): boolean | undefined => matches(ofSender, { ...at, sender });
  expect([by(macs[0]), by(macs[1]), matches(ofSender, at)]).toEqual([true, false, false]);
});

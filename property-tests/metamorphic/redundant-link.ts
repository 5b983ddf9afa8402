/** One more way out that nobody takes: a further NIC of a node, on a segment of its own with a router to the internet. */
import { seededRandom } from "../../core/common/index.ts";
import type { FarmFile, NodeEntry } from "../../core/farm/index.ts";
import { notApplicable, sameNames } from "./relation.ts";
import type { Relation } from "./relation.ts";

const segment = "redundant";
const router = "redundant-router";
/** What homes have seldom; and of TEST-NET-3 as the wans of other home routers are. */
const lan = (host: number): string => `172.31.254.${host}/24`;
const wan = "203.0.113.253";

/** A node that leaves by IPv4 already, so that the further NIC gives it no family that it has not. */
const leavesByIpv4 = (document: FarmFile, { nics }: NodeEntry): boolean =>
  Object.values(nics).some(({ ipv4, gateway4, segment: on }) => {
    const routers = [...Object.values(document["home-routers"] ?? {}), ...Object.values(document.upstreams ?? {})];
    return ipv4 !== undefined && (gateway4 !== undefined || routers.some((one) => one.segment === on));
  });

export const redundantLink: Relation = {
  name: "adding a redundant routed link",
  precondition: "a node has a way out by IPv4 and room for a further NIC, which comes last and so is not used",
  apply(document, seed) {
    const text = JSON.stringify(document);
    const free = `eth${Math.max(0, ...Object.values(document.nodes).flatMap(({ nics }) => Object.keys(nics).map(numberOf))) + 1}`;
    const candidates = Object.entries(document.nodes).filter(([, node]) => leavesByIpv4(document, node));
    if (candidates.length === 0) return notApplicable("no node leaves by IPv4");
    if ([segment, router, wan, "172.31.254."].some((one) => text.includes(one))) return notApplicable("its names or addresses are in use");
    const [name, node] = seededRandom(seed, "redundant").pick(candidates);
    return {
      document: {
        ...document,
        segments: [...document.segments, segment],
        "home-routers": { ...document["home-routers"], [router]: { segment, lan4: lan(1), wan4: wan } },
        nodes: { ...document.nodes, [name]: { ...node, nics: { ...node.nics, [free]: { segment, ipv4: lan(10) } } } },
      },
      renamed: sameNames,
    };
  },
};

const numberOf = (nic: string): number => Number(/^eth(\d+)$/.exec(nic)?.[1] ?? 0);

/** Other prefixes: the NRs of a farm move within their parts, or all that is of an allocation moves to another /48. */
import { contains, formatAddress, formatPrefix, parseAddress, parsePrefix, seededRandom } from "../../core/common/index.ts";
import type { Address, Prefix } from "../../core/common/index.ts";
import { isReservedSubnet, loadFarm, farmText, subnetNumberOf } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { mapEntries, notApplicable, sameNames } from "./relation.ts";
import type { Relation } from "./relation.ts";

/** /64s of a part. */
const partSize = 4096;

/** What in a timeline calls things by what follows from prefixes. */
function namesPrefixes({ timeline = [] }: FarmFile): boolean {
  return timeline.some(({ service, only, edits }) => service?.startsWith("wg-") === true || only !== undefined || edits !== undefined);
}

/** The prefix that each NR would have, by `network/node`. */
function heldPrefixes(document: FarmFile): ReadonlyMap<string, Prefix> | undefined {
  const loaded = loadFarm(farmText(document), document.farm);
  const intents = loaded.ok ? intentsOf(loaded.value.farm) : undefined;
  if (intents?.ok !== true) return undefined;
  return new Map(intents.value.networks.flatMap(({ name, resources }) => resources.map(({ node, prefix }) => [`${name}/${node}`, prefix])));
}

function movedWithinPart(prefix: Prefix, by: number): Prefix {
  const number = subnetNumberOf(prefix);
  const moved = (number & 0xf000) | ((number + by) % partSize);
  return { ...prefix, address: { family: 6, value: prefix.address.value + (BigInt(moved - number) << 64n) } };
}

/** Every NR of a part by as much, so that two that were apart still are. */
export const shiftWithinParts: Relation = {
  name: "shifting the prefixes of NRs within their parts",
  precondition: "every shifted prefix may be given out, and no two meet on a node with the same 16 bits (EX-21)",
  apply(document, seed) {
    if (namesPrefixes(document)) return notApplicable("its timeline names what follows from a prefix");
    const held = heldPrefixes(document);
    if (held === undefined || document.networks === undefined) return notApplicable("no NR has a prefix");
    const by = 1 + seededRandom(seed, "shift").below(partSize - 1);
    const shifted = new Map([...held].map(([key, prefix]) => [key, movedWithinPart(prefix, by)]));
    if ([...shifted.values()].some((prefix) => isReservedSubnet(subnetNumberOf(prefix))))
      return notApplicable("a prefix would be reserved");
    const networks = mapEntries(document.networks, (name, network) => [
      name,
      {
        ...network,
        resources: network.resources.map((resource) => {
          const prefix = shifted.get(`${name}/${resource.node}`);
          return prefix === undefined ? resource : { ...resource, prefix: formatPrefix(prefix) };
        }),
      },
    ]);
    return { document: { ...document, networks }, renamed: sameNames };
  },
};

/** Every address and prefix in a document, in whatever key it stands. */
function mapAddresses<T>(value: T, move: (address: Address) => Address): T {
  if (typeof value === "string") {
    const address = parseAddress(value);
    if (address !== undefined) return formatAddress(move(address)) as T;
    const prefix = parsePrefix(value);
    return prefix === undefined ? value : (formatPrefix({ ...prefix, address: move(prefix.address) }) as T);
  }
  if (Array.isArray(value)) return value.map((one: unknown) => mapAddresses(one, move)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]: [string, unknown]) => [key, mapAddresses(held, move)])) as T;
}

export const moveAllocation: Relation = {
  name: "moving everything of an allocation to another /48",
  precondition: "nobody has an address of the other /48",
  apply(document, seed) {
    if (namesPrefixes(document)) return notApplicable("its timeline names what follows from a prefix");
    const prefixes = document.allocations.flatMap(({ prefix }) => parsePrefix(prefix) ?? []);
    const random = seededRandom(seed, "another /48");
    const target = parsePrefix(`2a0f:${(0x1000 + random.below(0xf000)).toString(16)}:${random.below(0x10000).toString(16)}::/48`);
    const [from] = prefixes;
    if (from === undefined || target === undefined) return notApplicable("there is no allocation");
    const move = (address: Address): Address =>
      contains(from, address) ? { family: 6, value: target.address.value | (address.value - from.address.value) } : address;
    if (farmText(document).includes(formatAddress(target.address).replace(/::$/, ""))) return notApplicable("the other /48 is in use");
    return { document: mapAddresses(document, move), renamed: sameNames };
  },
};

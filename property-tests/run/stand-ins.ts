/**
 * What nodes that the lab does not have would publish, so that those which it has find their farm whole: keys from the scenario's seed, as an
 * agent there would make them, reachability as the farm file says, and that they have taken every key which they are to be given. Nothing
 * answers there.
 */
import { ownLinks } from "../../core/agents/own-part.ts";
import { publicKeyOf, seededPrivateKey } from "../../core/agents/wireguard-key.ts";
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Intents, NetworkIntent, NodeFacts, ResourceIntent } from "../../core/intents/index.ts";
import { expectedFacts, mirrorOf, overlayLinkName, resourcesOn, secondLinkName, standInOf } from "../../core/plan/index.ts";
import { encodeNodeFacts, factsPrefix, intentKeys } from "../../core/store/index.ts";
import type { Operation, Store } from "../../core/store/index.ts";

const isReached = ({ endpoints }: NodeFacts): boolean => endpoints.ipv4 !== undefined || endpoints.ipv6 !== undefined;

type KeyOf = (node: string, tunnel: string) => string;

/** Each key is made once. */
function keysFrom(keySeed: string): KeyOf {
  const known = new Map<string, string>();
  return (node, tunnel) => {
    const key = known.get(`${node} ${tunnel}`) ?? publicKeyOf(seededPrivateKey(keySeed, node, tunnel));
    known.set(`${node} ${tunnel}`, key);
    return key;
  };
}

/** A tunnel: a resource, in its network or in what that is for the partner of the exit node. */
interface Tunnel {
  readonly network: NetworkIntent;
  readonly resource: ResourceIntent;
}

const nameOf = ({ network, resource }: Tunnel): string =>
  (network.mirrored === true && !resource.exitPoint ? secondLinkName : overlayLinkName)(resource, network);

/** A second tunnel is to the exit point alone. */
const othersOf = ({ network, resource }: Tunnel): readonly ResourceIntent[] =>
  network.resources.filter((one) => one !== resource && (network.mirrored !== true || resource.exitPoint || one.exitPoint));

/** The tunnels of a node: of its resources, second ones among them, and the exit points that it keeps ready for its partner. */
function tunnelsOf(node: string, intents: Intents): readonly Tunnel[] {
  const first = resourcesOn(node, intents).filter(({ network }) => network.overlay === undefined);
  const second = first.flatMap(({ network, resource }): Tunnel[] => {
    const mirror = resource.exitPoint ? undefined : mirrorOf(network, intents);
    return mirror === undefined ? [] : [{ network: mirror, resource }];
  });
  const ready = (standInOf(node, intents)?.networks ?? []).flatMap((network) =>
    network.resources.flatMap((resource) => (resource.exitPoint ? [{ network, resource }] : [])),
  );
  return [...first, ...second, ...ready];
}

function standInFacts(farm: Farm, intents: Intents, keyOf: KeyOf): readonly NodeFacts[] {
  const live = new Set(emulatedNodes(farm).map(({ name }) => name));
  const absent = expectedFacts(intents).filter(({ node }) => !live.has(node));
  return absent.map((facts) => {
    const own = tunnelsOf(facts.node, intents).map((tunnel) => {
      // Nobody waits for one that is never reached.
      const others = isReached(facts) ? othersOf(tunnel) : [];
      const starts = others.map((resource) => keyOf(resource.node, nameOf({ ...tunnel, resource })).slice(0, 8)).toSorted();
      return { tunnel: nameOf(tunnel), key: keyOf(facts.node, nameOf(tunnel)), starts };
    });
    const { networks, standsInFor } = ownLinks(facts.node, intents);
    return {
      ...{ ...facts, networks },
      ...(Object.keys(standsInFor).length === 0 ? {} : { standsInFor }),
      publicKeys: Object.fromEntries(own.map(({ tunnel, key }) => [tunnel, key])),
      ...(isReached(facts) ? { acceptedKeys: Object.fromEntries(own.map(({ tunnel, starts }) => [tunnel, starts])) } : {}),
    };
  });
}

const operationsAtOnce = 50;

/** `keySeed` is that of the farm's agents. */
export function createStandIns(farm: Farm, keySeed: string): { write(store: Store, intents: Intents): Promise<readonly NodeFacts[]> } {
  const keyOf = keysFrom(keySeed);
  return {
    /** Brings the facts of nodes that the lab does not have into the store, where it does not hold them: it may have lost them. Answers all of them. */
    async write(store, intents) {
      const all = standInFacts(farm, intents, keyOf);
      const held = new Map((await store.range(factsPrefix)).entries.map(({ key, value }) => [key, value]));
      const texts = all.map((facts) => [intentKeys.facts(facts.node), encodeNodeFacts(facts)] as const);
      const operations = texts.flatMap(([key, value]): Operation[] => (held.get(key) === value ? [] : [{ put: { key, value } }]));
      for (let start = 0; start < operations.length; start += operationsAtOnce)
        await store.transact(operations.slice(start, start + operationsAtOnce));
      return all;
    },
  };
}

/**
 * EX-5 in a running farm: however many ask at once, and however many allocators answer, a /64 has one holder and a holder keeps it. A node
 * that the farm does not have asks, so that nobody's packets are concerned.
 */
import { formatPrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import type { NetworkWish } from "../../core/intents/index.ts";
import {
  allocatorStatusKey,
  encodeNetworkIntent,
  encodeNodeIntent,
  grantsPrefix,
  intentKeys,
  StoreContents,
} from "../../core/store/index.ts";
import type { Snapshot, StoreEvent } from "../../core/store/index.ts";
import type { Session } from "../run/session.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { answering, grantsNow, wishOfOne } from "./handed-out.ts";
import { leftAtLast } from "./left-at-last.ts";
import { serviceOf, storeHostOf } from "./services.ts";

/** So many ask for each of so many prefixes, and as many leave theirs to the allocator. */
const stated = { prefixes: 12, askers: 4 };
const exitNodesMax = 15;

const newcomer = "asking-exit-node";

/** An allocation that has a number left, and its number. */
function roomFor({ farm, world }: Session): { readonly number: number; readonly prefix: Prefix } | undefined {
  return farm.allocations.find((allocation) => world.bars.filter((bar) => bar.allocation === allocation).length < exitNodesMax);
}

/** Looks at every revision of what is granted: no prefix has two holders, and nobody's prefix becomes another one. */
class GrantWatch {
  readonly #contents = new StoreContents();
  #before = new Map<string, string>();
  readonly stories: string[] = [];
  revisions = 0;

  readonly handlers = {
    snapshot: (snapshot: Snapshot): void => {
      this.#contents.replace(snapshot);
      this.#look();
    },
    events: (events: readonly StoreEvent[], revision: number): void => {
      for (const [, own] of Map.groupBy(events, (event) => event.revision)) {
        this.#contents.change(own, revision);
        this.#look();
      }
    },
    connection: (): void => {},
  };

  #look(): void {
    this.revisions += 1;
    const now = new Map<string, string>();
    const holders = new Map<string, string>();
    for (const { network, resources } of this.#contents.grants().networks) {
      for (const { node, prefix } of resources) {
        const [holder, text] = [`${network} on ${node}`, formatPrefix(prefix)];
        const other = holders.get(text);
        if (other !== undefined) this.stories.push(`${text} is granted to ${other} and to ${holder} at once; expected: one holder (EX-5)`);
        const earlier = this.#before.get(holder);
        if (earlier !== undefined && earlier !== text)
          this.stories.push(`${holder} had ${earlier} and has ${text} while others ask; expected: it keeps what it has (EX-5)`);
        holders.set(text, holder);
        now.set(holder, text);
      }
    }
    for (const [holder, text] of this.#before)
      if (!now.has(holder)) this.stories.push(`${text} is taken from ${holder} while others ask; expected: it keeps what it has (EX-5)`);
    this.#before = now;
  }
}

/** Two more allocators beside the farm's own while `work` is done. */
async function withMoreAllocators(session: Session, work: () => Promise<void>): Promise<void> {
  const host = session.lab.node(storeHostOf(session));
  const service = serviceOf(session, host.name, "allocator");
  const more = ["allocator-2", "allocator-3"].map((name) => ({ ...service, name }));
  try {
    for (const one of more) {
      // Each says something of itself once it follows the store, and those who were there have nothing new to say.
      await session.store.delete(allocatorStatusKey);
      await host.services.start(one);
      const silent = await leftAtLast(session, answering, async () =>
        (await session.store.range(allocatorStatusKey)).entries.length > 0 ? [] : [one.name],
      );
      if (silent.length > 0) throw new HarnessError(`${one.name} says nothing`);
    }
    await work();
  } finally {
    await Promise.all(more.map(async ({ name }) => await host.services.stop(name)));
  }
}

/** The number of the exit node that asked for one. */
async function numberOf(session: Session, allocationNumber: number): Promise<number> {
  let number: number | undefined;
  await leftAtLast(session, answering, async () => {
    const grants = (await grantsNow(session)).numbers.find((grant) => grant.allocationNumber === allocationNumber);
    number = grants?.exitNodes.find(({ node }) => node === newcomer)?.number;
    return number === undefined ? ["no number"] : [];
  });
  if (number === undefined) throw new HarnessError("the allocator gives an exit node no number");
  return number;
}

/**
 * Askers one beside the other, each one thing after the other, so that allocators are always at work on what others have overtaken. Names go
 * backwards: an allocator that sees fewer of them would give to others than one that sees more.
 */
async function ask(session: Session, wishes: readonly NetworkWish[]): Promise<readonly string[]> {
  const backwards = wishes.toSorted((one, other) => (one.name < other.name ? 1 : -1));
  const asker = async (own: readonly NetworkWish[]): Promise<void> => {
    for (const one of own) await session.store.put(intentKeys.network(one.name), encodeNetworkIntent(one));
  };
  const turns = Array.from({ length: stated.askers }, (_, turn) => backwards.filter((_one, index) => index % stated.askers === turn));
  await Promise.all(turns.map(asker));
  return await leftAtLast(session, answering, async () => {
    const answered = new Map((await grantsNow(session)).networks.map((grant) => [grant.network, grant]));
    return wishes.flatMap(({ name }) => {
      const grant = answered.get(name);
      return grant !== undefined && grant.resources.length + grant.refused.length > 0 ? [] : [name];
    });
  });
}

async function manyAskers(session: Session): Promise<PropertyOutcome> {
  const allocation = roomFor(session);
  if (allocation === undefined) return outcomeOf(0, [], { nothing: "every allocation of this farm has 15 exit nodes" });
  const { number, prefix } = allocation;
  const watch = new GrantWatch();
  const ending = new AbortController();
  let unanswered: readonly string[] = [];
  let held: readonly string[] = [];
  const { prefixes, askers } = stated;
  const asked = prefixes * askers * 2;
  try {
    await withMoreAllocators(session, async () => {
      const asking = { name: newcomer, exitNode: { allocationNumber: number, nic: "eth1" } };
      await session.store.put(intentKeys.node(newcomer), encodeNodeIntent(asking));
      const part = BigInt(await numberOf(session, number)) << 76n;
      const watching = session.store.watch(grantsPrefix, watch.handlers, ending.signal);
      // A run that is interrupted ends it at any time; it is heard of where it is awaited.
      watching.catch(() => undefined);
      const wishes = Array.from({ length: asked }, (_, index) => {
        const own: Prefix = { address: { family: 6, value: prefix.address.value | part | (BigInt(index % prefixes) << 64n) }, length: 64 };
        return wishOfOne(`asking-${String(index).padStart(3, "0")}`, number, newcomer, index < asked / 2 ? own : undefined);
      });
      unanswered = await ask(session, wishes);
      const grants = (await grantsNow(session)).networks.filter(({ network }) => network.startsWith("asking-"));
      held = grants.flatMap(({ resources }) => resources.map((one) => formatPrefix(one.prefix)));
      ending.abort();
      await watching;
    });
  } finally {
    ending.abort();
    await session.changeIntents(session.wishes);
  }
  const expected = prefixes + asked / 2;
  return outcomeOf(
    asked,
    [
      ...new Set(watch.stories),
      ...unanswered.map((name) => `network ${name} asked for a prefix and is neither given one nor refused; expected: an answer (EX-5)`),
      ...(held.length === expected ? [] : [`${held.length} of ${asked} have a prefix; expected: ${expected}, each stated one once (EX-5)`]),
    ],
    { figures: [{ name: "revisions of what was granted, with three allocators", value: watch.revisions, unit: "revisions", bound: null }] },
  );
}

export const askingProperties: readonly Property[] = [
  {
    law: "EX-5",
    name: "EX-5 with three allocators and many askers at once each /64 has one holder, who keeps it",
    // The list is as before at the end, for which agents are waited for.
    needs: needsTunnels,
    alone: true,
    run: manyAskers,
  },
];

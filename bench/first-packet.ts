/** How long it takes from a write to the store until the first packet to who comes by it is answered, again and again in one live farm. */
import { setTimeout as pause } from "node:timers/promises";
import { formatAddress, startDeadline, type Address, type Clock } from "../core/common/index.ts";
import type { Wishes } from "../core/intents/index.ts";
import { encodeIntents, type Operation } from "../core/store/index.ts";
import { startProber } from "../emulator/probe/index.ts";
import type { LiveFarm } from "../property-tests/run/index.ts";

export const clock: Clock = { nowMs: () => performance.now(), pause: async (milliseconds) => void (await pause(milliseconds)) };

export interface FirstPacket {
  readonly live: LiveFarm;
  /** Without who comes, and with it; the farm has to be as in `before`. */
  readonly before: Wishes;
  readonly after: Wishes;
  readonly from: { readonly node: string; readonly namespace?: string };
  readonly to: Address;
  readonly rounds: number;
  /** For the first packet, and for all agents to be ready after either write. */
  readonly waitMs: number;
}

/** A farm is at rest when its store has not changed for so long, in milliseconds. */
const restMs = 300;

/** Waits until nobody has anything to say any more: what a round leaves to be done is no part of the next one. */
async function untilAtRest({ store }: LiveFarm, waitMs: number): Promise<void> {
  let seen = { revision: -1, atMs: 0 };
  await startDeadline(clock, waitMs).until(
    "a farm at rest",
    async () => {
      const { revision } = await store.range("/farmlab/none");
      if (revision !== seen.revision) seen = { revision, atMs: clock.nowMs() };
      return clock.nowMs() - seen.atMs >= restMs ? { done: true } : { seen: `revision ${revision}` };
    },
    20,
  );
}

/** What has to be written so that the one becomes the other. */
function operationsBetween(before: Wishes, after: Wishes): readonly Operation[] {
  const [from, to] = [encodeIntents(before), encodeIntents(after)];
  const gone = [...from.keys()].filter((key) => !to.has(key)).map((key) => ({ delete: key }));
  return [...gone, ...[...to].filter(([key, value]) => from.get(key) !== value).map(([key, value]) => ({ put: { key, value } }))];
}

/** Milliseconds of each round, from the store's write to the answer. Throws where no packet is answered in time. */
export async function firstPacketTimes({ live, before, after, from, to, rounds, waitMs }: FirstPacket): Promise<number[]> {
  const prober = startProber((argv) => live.lab.startHelper(argv));
  const namespacePath = live.lab.namespacePath(from.node, from.namespace);
  const times: number[] = [];
  const operations = operationsBetween(before, after);
  try {
    for (let round = 0; round < rounds; round += 1) {
      await untilAtRest(live, waitMs);
      const started = clock.nowMs();
      await live.store.transact(operations);
      await startDeadline(clock, waitMs).until(
        `a packet to ${formatAddress(to)}`,
        async () => {
          const outcome = await prober.probe({ from: { namespacePath }, protocol: "icmp", to, timeoutMs: 10, count: 10 });
          return outcome.kind === "reply" ? { done: true } : { seen: outcome.kind };
        },
        1,
      );
      times.push(clock.nowMs() - started);
      await live.untilReady(await live.writeIntents(after), waitMs);
      await live.untilReady(await live.writeIntents(before), waitMs);
    }
  } finally {
    await prober.close();
  }
  return times;
}

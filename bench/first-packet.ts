/** How long it takes from a write to the store until the first packet to who comes by it is answered, again and again in one live farm. */
import { setTimeout as pause } from "node:timers/promises";
import { formatAddress, startDeadline, type Address, type Clock } from "../core/common/index.ts";
import type { Wishes } from "../core/intents/index.ts";
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

/** Milliseconds of each round. Throws where no packet is answered in time. */
export async function firstPacketTimes({ live, before, after, from, to, rounds, waitMs }: FirstPacket): Promise<number[]> {
  const prober = startProber((argv) => live.lab.startHelper(argv));
  const namespacePath = live.lab.namespacePath(from.node, from.namespace);
  const times: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const started = clock.nowMs();
      const revision = await live.writeIntents(after);
      await startDeadline(clock, waitMs).until(
        `a packet to ${formatAddress(to)}`,
        async () => {
          const outcome = await prober.probe({ from: { namespacePath }, protocol: "icmp", to, timeoutMs: 10, count: 10 });
          return outcome.kind === "reply" ? { done: true } : { seen: outcome.kind };
        },
        1,
      );
      times.push(clock.nowMs() - started);
      await live.untilReady(revision, waitMs);
      await live.untilReady(await live.writeIntents(before), waitMs);
    }
  } finally {
    await prober.close();
  }
  return times;
}

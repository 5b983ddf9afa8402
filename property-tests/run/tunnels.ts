/** A mesh is usable once its tunnels have shaken hands: waited for here, so that no property takes a handshake for a loss. */
import type { Clock } from "../../core/common/index.ts";
import { startDeadline } from "../../core/common/index.ts";
import { expectedMesh } from "../oracle/index.ts";
import type { World } from "../oracle/index.ts";
import type { Traffic } from "./traffic.ts";

const handshakeWaitMs = 7000;
/** A peer that has started again has lost its sessions; of the others, each makes a new one after 15 s of silence at the latest. */
export const lostSessionWaitMs = 22_000;
const askMs = 250;

/** Every NR asks each of its peers until it answers. A tunnel that never opens is for the laws to judge, so this gives up without a word. */
export async function openTunnels(world: World, traffic: Traffic, clock: Clock, waitMs: number = handshakeWaitMs): Promise<void> {
  const deadline = startDeadline(clock, waitMs);
  const pairs = world.networks.flatMap((network) =>
    expectedMesh(world, network)
      .filter(({ resource }) => resource.emulated)
      .flatMap((own) =>
        own.peers
          .filter(({ resource }) => resource.emulated)
          .map((peer) => ({ from: { node: own.resource.node, namespace: own.namespace }, to: peer.resource.transit4 })),
      ),
  );
  await Promise.all(
    pairs.map(async ({ from, to }) => {
      for (;;) {
        const sentMs = clock.nowMs();
        const { answer } = await traffic.send({ from, to, protocol: "icmp", timeoutMs: askMs });
        if (answer.kind === "reply" || deadline.remainingMs() === 0) return;
        // A refusal comes at once: the next question waits as long as for silence.
        const restMs = askMs - (clock.nowMs() - sentMs);
        if (restMs > 0) await clock.pause(restMs);
      }
    }),
  );
}

/**
 * A lab that has several scenarios one after the other: the same nodes, surroundings and conditions, other networks. From one scenario to
 * the next each agent goes in one pass, unless somebody is to be given what another has had here: then all networks go first, and nothing
 * rests any more. What a scenario leaves behind must not decide another's verdict: where all networks have been taken
 * away and the nodes are then not what they were before the first one came (EX-13), the lab is not used again, and who was judged in it
 * after others since it was last found clean is judged anew (`scenario-runner.ts`). What kernels remember of flows stays where the addresses
 * do: it is told apart by ports, of which every probe has one of its own; what routers of the surroundings remember is of tunnels, which
 * every scenario opens before it is judged.
 */
import { formatPrefix } from "../../core/common/index.ts";
import { allocatorPrefix, allocatorTurnKey, encodeIntents, parseAllocatorKey } from "../../core/store/index.ts";
import type { Store } from "../../core/store/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { wishesOf } from "../../core/intents/index.ts";
import type { Intents, Wishes } from "../../core/intents/index.ts";
import type { Runtime } from "../../emulator/image/index.ts";
import { startProber } from "../../emulator/probe/index.ts";
import { compileFarm } from "../../topologies/index.ts";
import { openFarm } from "./live-farm.ts";
import type { LiveFarmOptions } from "./live-farm.ts";
import { stateOfFarm } from "./farm-state.ts";
import type { FarmState } from "./farm-state.ts";
import { lineText, stateDifference } from "./node-state.ts";
import { sessionIn } from "./open-session.ts";
import type { EndingSession } from "./open-session.ts";
import type { FarmToRun } from "./farm-to-run.ts";

const changeWaitMs = 20_000;

const bareOf = (farm: Farm): Wishes => ({ ...wishesOf(farm), networks: [] });

/**
 * What two scenarios must have in common for one lab; undefined for one that needs a lab of its own, because something happens to it in
 * time. Names of the farms and seeds do not matter.
 */
export function labKey({ farm }: Pick<FarmToRun, "farm">): string | undefined {
  if (farm.timeline.faults.length > 0 || farm.timeline.changes.length > 0) return undefined;
  const { nodes, links } = compileFarm({ ...farm, name: "" }, { seed: 0, agent: { keySeed: "" } });
  return JSON.stringify([nodes, links, [...encodeIntents(bareOf(farm))]]);
}

/** Who was given which prefixes in a lab since it was last empty. */
class GivenPrefixes {
  readonly #holders = new Map<string, string>();
  readonly #prefixes = new Map<string, string>();

  /** Whether these are given as in an empty store: nobody has had any of them, or had another one, but who is to have it. */
  agreeWith(intents: Intents): boolean {
    return heldBy(intents).every(
      ([prefix, holder]) => (this.#holders.get(prefix) ?? holder) === holder && (this.#prefixes.get(holder) ?? prefix) === prefix,
    );
  }

  note(intents: Intents): void {
    for (const [prefix, holder] of heldBy(intents)) {
      this.#holders.set(prefix, holder);
      this.#prefixes.set(holder, prefix);
    }
  }

  forget(): void {
    this.#holders.clear();
    this.#prefixes.clear();
  }
}

const heldBy = ({ networks }: Intents): readonly (readonly [prefix: string, holder: string])[] =>
  networks.flatMap(({ name, resources }) => resources.map(({ node, prefix }) => [formatPrefix(prefix), `${name}/${node}`] as const));

/** Nobody has anything: the next scenario's prefixes do not rest because of the last one's. */
async function forgetAllocations(store: Store): Promise<void> {
  const { entries } = await store.range(allocatorPrefix);
  const texts = entries.filter(({ key }) => parseAllocatorKey(key) !== undefined);
  await store.transact([...texts.map(({ key }) => ({ delete: key })), { put: { key: allocatorTurnKey, value: "1" } }]);
}

export interface ReusableLab {
  /** The scenario's networks come in place of those that are there; its session lasts until `end`. */
  begin(scenario: FarmToRun, seed: number, onStep: (step: string) => void): Promise<EndingSession>;
  /** Takes all networks away. Answers what is not as it was before any came, in words; with anything of it the lab is to be closed. */
  clear(): Promise<readonly string[]>;
  close(): Promise<void>;
  readonly hasEnded: () => boolean;
  readonly runtime: Runtime;
}

/** Opens a lab without networks; throws what `openFarm` throws, and where its agents do not get ready. */
export async function openReusableLab(options: Omit<LiveFarmOptions, "evenUnready" | "wishes">): Promise<ReusableLab> {
  const { farm, signal } = options;
  const bare = bareOf(farm);
  const live = await openFarm({ ...options, wishes: bare });
  const prober = startProber((argv) => live.lab.startHelper(argv));
  let ended = false;
  void live.lab.ended.then(() => (ended = true));
  const close = async (): Promise<void> => {
    await prober.close();
    await live.close();
  };
  const stateNow = async (): Promise<FarmState> => await stateOfFarm({ farm, lab: live.lab }, { flows: false });
  try {
    const before = await stateNow();
    const given = new GivenPrefixes();
    const empty = async (): Promise<string | undefined> => {
      const late = await live.lateAgents(await live.writeIntents(bare), changeWaitMs);
      if (late !== undefined) return late;
      await forgetAllocations(live.store);
      given.forget();
      return undefined;
    };
    return {
      async begin(scenario, seed, onStep) {
        // Agents that are late with it are so with the next list too.
        if (!given.agreeWith(scenario.intents)) await empty();
        given.note(scenario.intents);
        const revision = await live.writeIntents(wishesOf(scenario.farm));
        const notReady = await live.lateAgents(revision, changeWaitMs);
        const state = notReady === undefined ? { revision } : { revision, notReady };
        return await sessionIn(live, prober, { ...scenario, ...state, seed, signal, onStep });
      },
      async clear() {
        const late = await empty();
        if (late !== undefined) return [late];
        const after = await stateNow();
        return [...after].flatMap(([node, lines]) => {
          const { gone, added } = stateDifference(before.get(node) ?? [], lines);
          return [
            ...added.map((line) => `${node} has ${lineText(line)} left of networks that are gone`),
            ...gone.map((line) => `${node} has lost ${lineText(line)} with networks that are gone`),
          ];
        });
      },
      close,
      hasEnded: () => ended,
      runtime: live.runtime,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

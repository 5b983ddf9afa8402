/**
 * The node's name in the store: whoever wrote down that it is called so is that node, for as long as it keeps its lease. Another machine that
 * was given the same name by mistake changes nothing and publishes nothing until the first one's lease has ended.
 */
import type { Clock } from "../common/index.ts";
import type { NodeAgent } from "../intents/index.ts";
import { agentKey, decodeNodeAgent, encodeNodeAgent, pauseUnlessAborted, StoreError } from "../store/index.ts";
import type { Store, StoreEntry } from "../store/index.ts";
import type { Log } from "./log.ts";
import { grantLease, keepEveryMs, keepLease, type NodeLease } from "./node-lease.ts";
import { textOf } from "./text-of.ts";

export interface NodeNameParts {
  readonly node: string;
  /** Of the machine: the same after a restart, and no other machine's. Throws where it cannot be kept. */
  readonly identity: () => string;
  /** Of this process alone. */
  readonly life: string;
  readonly store: Pick<Store, "grantLease" | "keepLease" | "transactIf" | "range">;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when `isOurs` or `waits` may answer otherwise. */
  readonly onChange: () => void;
}

const retryMs = 200;

export class NodeName {
  readonly #parts: NodeNameParts;
  #lease: NodeLease | undefined;
  #isOurs = false;
  #waits: string | undefined = "waiting for the store to say whose name it is";
  /** Until the first word of the store: what an earlier life of this machine left there is this one's. */
  #isStarting = true;

  constructor(parts: NodeNameParts) {
    this.#parts = parts;
  }

  /** Whether this machine is the node of its name, as far as is known: a store that does not answer changes nothing. */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  /** Throws a StoreError where it is not: nothing may be published then. */
  requireOurs(): void {
    if (!this.#isOurs) throw new StoreError("aborted", this.#waits ?? "", false);
  }

  /** Why it is not. */
  get waits(): string | undefined {
    return this.#isOurs ? undefined : this.#waits;
  }

  /** Runs until the signal aborts. The name stays this machine's for as long as the lease then lasts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let restMs = keepEveryMs;
      try {
        restMs = await this.#turn();
      } catch (error) {
        // A name that is another's stays so; what keeps this machine from asking is said while nothing is known.
        if (this.#isStarting) this.#tell(false, `its name: ${textOf(error)}`);
        restMs = retryMs;
      }
      await pauseUnlessAborted(this.#parts.clock, restMs, signal);
    }
  }

  async #turn(): Promise<number> {
    const { store, clock, node } = this.#parts;
    const key = agentKey(node);
    const held = this.#lease;
    const [kept, looked] = await Promise.all([held === undefined ? undefined : keepLease(store, clock, held), store.range(key)]);
    this.#lease = kept ?? (await grantLease(store, clock));
    const entry = looked.entries.find((one) => one.key === key);
    return await this.#settle(key, entry, this.#lease);
  }

  async #settle(key: string, entry: StoreEntry | undefined, { number }: NodeLease): Promise<number> {
    const { store, node, identity, life, log } = this.#parts;
    const own: NodeAgent = { node, identity: identity(), life, lease: number };
    const decoded = entry === undefined ? undefined : decodeNodeAgent(entry.value);
    const there = decoded?.ok === true ? decoded.value : undefined;
    const isThisMachines = there?.identity === own.identity;
    if (there?.life === life && there.lease === number) return this.#tell(true, undefined);
    if (entry === undefined || there?.life === life || (isThisMachines && this.#isStarting)) {
      const { written } = await store.transactIf(key, entry?.revision ?? 0, [{ put: { key, value: encodeNodeAgent(own), lease: number } }]);
      // Somebody else was faster: at once again, to see who.
      if (!written) return 1;
      log("named", { node, lease: number });
      this.#isStarting = false;
      return this.#tell(true, undefined);
    }
    this.#isStarting = false;
    return this.#tell(false, `another node is called ${node}${isThisMachines ? " and has a copy of this node's key file" : ""}`);
  }

  #tell(isOurs: boolean, waits: string | undefined): number {
    const isNew = isOurs !== this.#isOurs || waits !== this.#waits;
    this.#isOurs = isOurs;
    this.#waits = waits;
    if (isNew) {
      if (waits !== undefined) this.#parts.log("name-not-ours", { message: waits });
      this.#parts.onChange();
    }
    return keepEveryMs;
  }
}

/**
 * Hosting exit nodes that have standbys: keeps the node's lease, takes and gives away exit nodes in the store by compare-and-set, and opens
 * the gateway's fence for as long as both the record and the lease say that it is this node's (EX-14). One thing at a time.
 */
import type { Clock } from "../common/index.ts";
import type { ExitNodeHost, Intents } from "../intents/index.ts";
import { candidatesFor, fencedGatewayOf, leasedExitNodes, type ExitNodeHome, type FencedGateway, type NodePlan } from "../plan/index.ts";
import { decodeExitNodeHost, encodeExitNodeHost, hostsPrefix, intentKeys, pauseUnlessAborted, StoreError } from "../store/index.ts";
import type { Snapshot, Store, StoreEntry, StoreEvent } from "../store/index.ts";
import type { GatewayFence } from "./gateway-fence.ts";
import { claimAfterMs, nextStep, type HostRecord } from "./hosting-step.ts";
import type { Log } from "./log.ts";
import { grantLease, keepEveryMs, keepLease, type NodeLease } from "./node-lease.ts";
import { textOf } from "./text-of.ts";

export interface HostingParts {
  readonly node: string;
  /** With waits so short that a call which nobody answers is over long before the lease is. */
  readonly store: Pick<Store, "grantLease" | "keepLease" | "transactIf" | "range">;
  readonly intents: () => Intents;
  readonly fence: GatewayFence;
  /** Whether this machine is the node of its name. */
  readonly isOurs: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when what `waits` answers may be another. */
  readonly onChange: () => void;
}

/** How long the gateway may answer after the lease was kept, at most: renewed all the time, and a round number of it as long as all is well. */
const openMs = 4000;
/** The gateway falls silent so long before the lease can be over, for clocks that count differently and commands that take their time. */
const marginMs = 500;
/** Announcements get lost, and caches hold what they have learnt for a second (arp: locktime). Milliseconds after the fence was opened. */
const announceAfterMs: readonly number[] = [0, 1100, 3000];
const retryMs = 200;

interface Vacancy {
  readonly sinceMs: number;
  /** Whether a record was seen to go. */
  readonly hasEnded: boolean;
}

const keyOf = ({ exitNode }: ExitNodeHome): string => intentKeys.host(exitNode.allocationNumber, exitNode.number);
const nameOf = ({ exitNode }: ExitNodeHome): string => `exit node ${exitNode.number} of allocation ${exitNode.allocationNumber}`;

export class Hosting {
  readonly #parts: HostingParts;
  readonly #records = new Map<string, HostRecord>();
  readonly #vacancies = new Map<string, Vacancy>();
  #hasSeenStore = false;
  #lease: NodeLease | undefined;
  #keptMs = Number.NEGATIVE_INFINITY;
  #failure: string | undefined;
  #gateway: FencedGateway | undefined;
  /** Until when the fence is known to be open. */
  #openUntilMs = Number.NEGATIVE_INFINITY;
  #mustOpen = false;
  /** When the neighbours are still to be told. */
  #announceAtMs: readonly number[] = [];
  #waits: readonly string[] = [];
  #isDirty = true;
  #wake: () => void = () => {};

  constructor(parts: HostingParts) {
    this.#parts = parts;
  }

  /** What this node still waits for before each exit node is where it belongs. */
  get waits(): readonly string[] {
    return this.#waits;
  }

  /** All that the store holds, as a watch begins with it. */
  snapshot({ entries, revision }: Pick<Snapshot, "entries" | "revision">): void {
    const held = new Map(entries.filter(({ key }) => key.startsWith(hostsPrefix)).map((entry) => [entry.key, entry]));
    for (const key of [...this.#records.keys()]) if (!held.has(key)) this.#forget(key, false);
    for (const entry of held.values()) this.#take(entry);
    this.#hasSeenStore ||= revision > 0;
    this.wake();
  }

  event(event: StoreEvent): void {
    if (!event.key.startsWith(hostsPrefix)) return;
    const known = this.#records.get(event.key);
    if (known !== undefined && known.revision > event.revision) return;
    if (event.kind === "put") this.#take(event);
    else this.#forget(event.key, true);
    this.wake();
  }

  /** The node has been brought to a plan: what is fenced in it may be opened. */
  applied(plan: NodePlan): void {
    this.#gateway = fencedGatewayOf(plan);
    this.#mustOpen = true;
    this.wake();
  }

  /** Something may have changed. */
  wake(): void {
    this.#isDirty = true;
    this.#wake();
  }

  /** Runs until the signal aborts. What was opened stays open for as long as the kernel remembers. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.wake(), { once: true });
    while (!signal.aborted) {
      this.#isDirty = false;
      const restMs = await this.#turn();
      if (this.#isDirty) continue;
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await Promise.race([restMs === undefined ? woken.promise : pauseUnlessAborted(this.#parts.clock, restMs, signal), woken.promise]);
    }
  }

  #take({ key, value, revision }: StoreEntry): void {
    const decoded = decodeExitNodeHost(value);
    if (!decoded.ok) return;
    this.#records.set(key, { host: decoded.value, revision });
    this.#vacancies.delete(key);
  }

  #forget(key: string, hasEnded: boolean): void {
    // With a record of this node's own its lease has gone, by all that is known.
    if (this.#records.get(key)?.host.node === this.#parts.node) this.#keptMs = Number.NEGATIVE_INFINITY;
    this.#records.delete(key);
    this.#vacancies.set(key, { sinceMs: this.#parts.clock.nowMs(), hasEnded });
  }

  /** Everything that is due; answers after how many milliseconds something will be, undefined: only when something has changed. */
  async #turn(): Promise<number | undefined> {
    const { node, intents, isOurs } = this.#parts;
    const homes = leasedExitNodes(intents().nodes).filter((home) => candidatesFor(home).includes(node));
    if (homes.length === 0 || !this.#hasSeenStore || !isOurs()) {
      this.#lease = undefined;
      this.#tell([], undefined);
      return undefined;
    }
    let failure: string | undefined;
    try {
      await this.#keep(homes);
      for (const home of homes) {
        await this.#advance(home);
        // The record was another than was known: at once again, so that nothing is closed which is this node's all the same.
        if (this.#isDirty) await this.#advance(home);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      failure = error.message;
    }
    // A store that does not answer changes nothing yet: the kernel closes what is not opened again in time.
    if (failure === undefined) await this.#guard(homes);
    this.#tell(
      homes.flatMap((home) => this.#waitOf(home) ?? []),
      failure,
    );
    return failure === undefined ? this.#restMs(homes) : retryMs;
  }

  async #keep(homes: readonly ExitNodeHome[]): Promise<void> {
    const { store, clock, node } = this.#parts;
    if (this.#lease !== undefined && clock.nowMs() - this.#keptMs < keepEveryMs) return;
    // An agent that is started anew goes on with the lease that its node had.
    const earlier = homes.map((home) => this.#records.get(keyOf(home))?.host).find((host) => host?.node === node)?.lease;
    const held = this.#lease ?? (earlier === undefined ? undefined : { number: earlier, sinceMs: clock.nowMs() });
    const askedMs = clock.nowMs();
    const kept = held === undefined ? undefined : await keepLease(store, clock, held);
    if (kept === undefined && held !== undefined) this.#parts.log("lease-lost", { lease: held.number });
    this.#lease = kept;
    this.#lease ??= await grantLease(store, clock);
    this.#keptMs = askedMs;
  }

  async #advance(home: ExitNodeHome): Promise<void> {
    const { node, clock, log } = this.#parts;
    const lease = this.#lease;
    if (lease === undefined) return;
    const key = keyOf(home);
    const record = this.#records.get(key);
    const vacancy = this.#vacancyOf(key);
    const nowMs = clock.nowMs();
    const step = nextStep({
      ...{ node, record, lease: lease.number, leasedMs: nowMs - lease.sinceMs },
      ...{ candidates: candidatesFor(home), vacantMs: nowMs - vacancy.sinceMs, hasEnded: vacancy.hasEnded },
    });
    const { allocationNumber, number } = home.exitNode;
    const mine: ExitNodeHost = { allocationNumber, exitNode: number, node, lease: lease.number };
    if (step === "rest") {
      // Who has asked for it hears by a call of its own, too: a watch that was cut off for a while may be silent for longer.
      if (record !== undefined && record.host.claim?.node === node && record.host.node !== node) await this.#look(key);
      return;
    }
    log("hosting", { exitNode: nameOf(home), step });
    if (step === "take") return await this.#write(key, mine, record?.revision ?? 0);
    if (record === undefined) return;
    if (step === "claim") {
      const claimed = { ...record.host, claim: { node, lease: lease.number } };
      return await this.#write(key, claimed, record.revision);
    }
    const { claim } = record.host;
    if (claim === undefined) return;
    // Who gives it away answers nothing any more before the other one can begin to.
    await this.#close();
    if (clock.nowMs() < this.#openUntilMs) return;
    try {
      await this.#write(key, { ...mine, node: claim.node, lease: claim.lease }, record.revision);
    } catch (error) {
      // The claim outlived the lease that it was made with.
      if (!(error instanceof StoreError) || error.fault !== "refused") throw error;
      await this.#write(key, mine, record.revision);
    }
  }

  /** Writes unless the record has changed meanwhile, which then is looked at. The record lives as long as its host's lease. */
  async #write(key: string, host: ExitNodeHost, expectedRevision: number): Promise<void> {
    const { store, log } = this.#parts;
    const { written, revision } = await store.transactIf(key, expectedRevision, [
      { put: { key, value: encodeExitNodeHost(host), lease: host.lease } },
    ]);
    if (!written) return await this.#look(key);
    log("hosted", { key, by: host.node, claimedBy: host.claim?.node });
    this.#records.set(key, { host, revision });
    this.#vacancies.delete(key);
    this.wake();
  }

  async #look(key: string): Promise<void> {
    const { entries } = await this.#parts.store.range(key);
    const entry = entries.find((one) => one.key === key);
    const known = this.#records.get(key);
    if (entry !== undefined && entry.revision !== known?.revision) {
      this.#take(entry);
      this.wake();
    }
    if (entry === undefined && known !== undefined) {
      this.#forget(key, true);
      this.wake();
    }
  }

  #vacancyOf(key: string): Vacancy {
    const known = this.#vacancies.get(key);
    if (known !== undefined || this.#records.has(key)) return known ?? { sinceMs: this.#parts.clock.nowMs(), hasEnded: false };
    const since = { sinceMs: this.#parts.clock.nowMs(), hasEnded: false };
    this.#vacancies.set(key, since);
    return since;
  }

  /** Whether the record is this node's, on the lease that it keeps, and nobody before it wants it back. */
  #isHost(home: ExitNodeHome): boolean {
    const host = this.#records.get(keyOf(home))?.host;
    if (host?.node !== this.#parts.node || host.lease !== this.#lease?.number) return false;
    const candidates = candidatesFor(home);
    const claimRank = host.claim === undefined ? -1 : candidates.indexOf(host.claim.node);
    return claimRank === -1 || claimRank > candidates.indexOf(host.node);
  }

  /** Opens the fence for as long as the lease allows, or closes it; what fails here is tried again in the next turn. */
  async #guard(homes: readonly ExitNodeHome[]): Promise<void> {
    const { clock, fence, log } = this.#parts;
    const lease = this.#lease;
    const gateway = this.#gateway;
    if (lease === undefined || gateway === undefined || !homes.some((home) => this.#isHost(home))) return await this.#close();
    try {
      await this.#open(gateway, lease);
      if (clock.nowMs() >= (this.#announceAtMs[0] ?? Number.POSITIVE_INFINITY)) {
        this.#announceAtMs = this.#announceAtMs.slice(1);
        await fence.announce(gateway);
      }
    } catch (error) {
      // There may be no gateway yet, or none any more.
      log("fence", { failure: textOf(error) });
    }
  }

  async #open(gateway: FencedGateway, lease: NodeLease): Promise<void> {
    const { clock, fence, log } = this.#parts;
    const askedMs = clock.nowMs();
    const openUntilMs = this.#keptMs + openMs;
    if (!this.#mustOpen && openUntilMs <= this.#openUntilMs) return;
    const milliseconds = Math.floor(Math.min(openMs, lease.untilMs - marginMs - askedMs));
    if (milliseconds <= 0) return;
    await fence.open(gateway, milliseconds);
    const wasClosed = askedMs >= this.#openUntilMs;
    this.#mustOpen = false;
    this.#openUntilMs = openUntilMs;
    // Whoever stood still in between, as a frozen node does, has opened for a time that is over.
    if (clock.nowMs() >= lease.untilMs - marginMs) return await this.#close();
    if (!wasClosed) return;
    log("fence-opened", { link: gateway.link });
    this.#announceAtMs = announceAfterMs.map((afterMs) => clock.nowMs() + afterMs);
  }

  async #close(): Promise<void> {
    const { fence, log } = this.#parts;
    this.#announceAtMs = [];
    if (this.#openUntilMs === Number.NEGATIVE_INFINITY) return;
    try {
      await fence.close();
      this.#openUntilMs = Number.NEGATIVE_INFINITY;
      log("fence-closed", {});
    } catch (error) {
      log("fence", { failure: textOf(error) });
      // A gateway that has gone lets nothing pass; of one that is there it is the kernel that closes the fence in its time.
      if (this.#gateway === undefined) this.#openUntilMs = Number.NEGATIVE_INFINITY;
    }
  }

  #waitOf(home: ExitNodeHome): string | undefined {
    const { node, clock } = this.#parts;
    const host = this.#records.get(keyOf(home))?.host;
    const candidates = candidatesFor(home);
    if (host === undefined) return candidates[0] === node ? `waiting to host ${nameOf(home)}` : undefined;
    if (host.node !== node)
      return candidates.indexOf(node) < candidates.indexOf(host.node) ? `waiting until ${host.node} gives ${nameOf(home)} back` : undefined;
    return this.#isHost(home) && clock.nowMs() < this.#openUntilMs ? undefined : `waiting until its gateway may answer for ${nameOf(home)}`;
  }

  #tell(waits: readonly string[], failure: string | undefined): void {
    if (failure !== this.#failure && failure !== undefined) this.#parts.log("hosting-failed", { failure });
    this.#failure = failure;
    if (JSON.stringify(waits) === JSON.stringify(this.#waits)) return;
    this.#waits = waits;
    this.#parts.onChange();
  }

  /** The next thing that time alone brings: the lease to keep, a turn to take, a claim to make, neighbours to tell. */
  #restMs(homes: readonly ExitNodeHome[]): number {
    const { clock, node } = this.#parts;
    const nowMs = clock.nowMs();
    const isSettled = homes.every((home) => {
      const host = this.#records.get(keyOf(home))?.host;
      return host !== undefined && candidatesFor(home).indexOf(host.node) <= candidatesFor(home).indexOf(node);
    });
    const due = [
      this.#keptMs + keepEveryMs,
      ...this.#announceAtMs.slice(0, 1),
      ...(isSettled ? [] : [nowMs + retryMs, (this.#lease?.sinceMs ?? nowMs) + claimAfterMs]),
    ];
    return Math.max(1, Math.min(...due.filter((atMs) => atMs > nowMs)) - nowMs);
  }
}

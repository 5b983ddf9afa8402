/** The loop: from what the store holds to what the node is, and what the node says of itself. One pass at a time; what happens during one makes one more. */
import type { ApplyReport, Known, ObservedNode } from "../apply/index.ts";
import { sameValue, type Clock } from "../common/index.ts";
import type { Intents, NodeFacts, NodeIntent, NodeStatus } from "../intents/index.ts";
import { createPlanMemory, hostedIntents, planNode, type NodePlan } from "../plan/index.ts";
import { createBackOff, encodeNodeFacts, pauseUnlessAborted, type BackOff } from "../store/index.ts";
import { noTunnels, tunnelFactsAfter, usableFacts, type MetLives, type OthersFacts, type TunnelFacts } from "./acceptance.ts";
import type { Hosting } from "./hosting.ts";
import type { KeyRing } from "./key-ring.ts";
import type { Log } from "./log.ts";
import { Measuring } from "./measuring.ts";
import { factsOf, measuringPlace, missingPeers, ownLinks, ungrantedOf } from "./own-part.ts";
import type { OwnLinks } from "./own-part.ts";
import type { NodeName } from "./node-name.ts";
import { Passes } from "./passes.ts";
import type { Publisher } from "./publisher.ts";
import type { Measured, MeasuredFamily } from "./reachability.ts";
import type { StoreView } from "./store-view.ts";
import { textOf } from "./text-of.ts";

export interface ReconcilerParts {
  readonly node: string;
  readonly store: StoreView;
  readonly keys: KeyRing;
  /** Brings the node to the plan; without `known` it looks at the node first. */
  readonly apply: (plan: NodePlan, known: Known | undefined, newest: () => NodePlan) => Promise<ApplyReport>;
  /** Whether the node has none of farmlab's namespaces yet. */
  readonly isBare: () => boolean;
  readonly measure: (namespace: string) => Promise<Measured>;
  /** The families for which there is a reflector. */
  readonly asked: readonly MeasuredFamily[];
  /** Whether this machine is the node of its name; while it is not, nothing is done. */
  readonly name: Pick<NodeName, "isOurs" | "waits">;
  /** Brings the facts into the store; `published` is what the store is known to hold. */
  readonly facts: Pick<Publisher, "set" | "published">;
  /** Are told of every plan that was carried out, and say what the node waits for before its exit node answers. */
  readonly gateways: readonly Pick<Hosting, "applied" | "waits">[];
  readonly onStatus: (status: NodeStatus, facts: NodeFacts) => void;
  readonly clock: Clock;
  /** Takes in what has arrived by now, and no more: resolves without waiting for anything. */
  readonly takeIn: () => Promise<void>;
  readonly random: () => number;
  /** A word of eight hexadecimal digits that was never given before, by whatever agent of the node: for a tunnel that is made. */
  readonly nextLife: () => string;
  readonly log: Log;
  readonly reconcileEveryMs: number;
}

const retry = { firstMs: 100, longestMs: 10_000 };
/** Namespaces that a regular look takes before it puts right what they lack. What is new meanwhile waits for those alone that are begun. */
const sliceNamespaces = 32;
/** Where one thing is missing hundreds of commands may fail: a status is for people, and a value in the store. */
const mostTold = 8;

const firstOf = (messages: readonly string[], what: string): readonly string[] =>
  messages.length <= mostTold ? messages : [...messages.slice(0, mostTold), `and ${messages.length - mostTold} more ${what}`];

const nothingLeft: OwnLinks = { networks: {}, standsInFor: {}, tunnels: [] };

/** What a node is to have, and besides it what it had before, which may still be there. */
const withLeft = (own: OwnLinks, before: Partial<Pick<OwnLinks, "networks" | "standsInFor">> = nothingLeft): OwnLinks => ({
  ...own,
  networks: { ...before.networks, ...own.networks },
  standsInFor: { ...before.standsInFor, ...own.standsInFor },
});

/** What plans take from facts; the rest is about who opens tunnels when. */
type PlannedFacts = Pick<NodeFacts, "node" | "publicKeys" | "endpoints" | "reachability">;

const plannedFacts = ({ node, publicKeys, endpoints, reachability }: NodeFacts): PlannedFacts => ({
  node,
  publicKeys,
  endpoints,
  reachability,
});

/** A plan, and all that it was made of. */
interface Planned {
  readonly inputs: readonly unknown[];
  readonly hosted: Intents;
  readonly facts: readonly PlannedFacts[];
  readonly plan: NodePlan;
  /** Whom it waits for, whom it greets anew, and what it knows others by once it is carried out. */
  readonly others: Pick<OthersFacts, "awaited" | "renewed" | "met">;
}

/** What a pass left behind. */
interface Applied {
  readonly plan: NodePlan;
  readonly known: ObservedNode;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #measuring: Measuring;
  readonly #retry: BackOff;
  readonly #memory = createPlanMemory();
  readonly #passes = new Passes();
  #planned: Planned | undefined;
  #applied: Applied | undefined;
  #missing: { readonly inputs: readonly unknown[]; readonly peers: readonly string[] } | undefined;
  #failures: readonly string[] = [];
  /** Tunnels that ended by themselves since all was right, with what each said last. */
  readonly #ended = new Map<string, string>();
  #notice: string | undefined;
  #met: MetLives = {};
  /** The text of its facts as they are to be published; undefined while there is nothing to say of it. */
  #wantedFacts: string | undefined;
  /** The public configuration that it was started with, for which what the store still holds of an earlier life counts. */
  #firstOccasion: string | undefined;
  /** What is so of its tunnels; undefined before the first pass, when it is what the store says. */
  #tunnels: TunnelFacts | undefined;
  /** Tunnels that were made since that was said last. */
  readonly #made = new Set<string>();
  /** What may be on the node of networks; undefined before the first pass, as above. */
  #left: OwnLinks | undefined;
  #changes = 0;
  #revision = 0;
  #facts: NodeFacts;
  #told: { readonly status: string; readonly facts: NodeFacts } | undefined;
  #mustLook = false;
  /** Namespaces that the regular look has still to take. */
  #toLookAt: readonly string[] = [];
  #retryPending = false;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#retry = createBackOff(retry, parts.random);
    const { measure, asked, clock, random } = parts;
    this.#measuring = new Measuring({ measure, asked, clock, random, onResult: () => this.wake() });
    this.#facts = factsOf(parts.node, undefined, {}, undefined, noTunnels, nothingLeft);
  }

  /** Something may have changed: one more pass. */
  wake(): void {
    this.#passes.ask();
  }

  /** The node may not be as it was left: one more pass, which looks at it. */
  look(): void {
    this.#mustLook = true;
    this.wake();
  }

  /** A tunnel's process has ended by itself, and said this last: it is looked for, and said until all is right again. */
  tunnelEnded(name: string, said: string): void {
    this.#ended.set(name, said);
    this.look();
  }

  /** Runs until the signal aborts; a pass that has begun is finished. */
  async run(signal: AbortSignal): Promise<void> {
    void this.#lookRegularly(signal);
    await this.#passes.run(() => this.#pass(), signal);
  }

  async #lookRegularly(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pauseUnlessAborted(this.#parts.clock, this.#parts.reconcileEveryMs, signal);
      if (signal.aborted) return;
      const planned = this.#applied?.plan.namespaces.map(({ name }) => name) ?? [];
      this.#toLookAt = [...new Set(["host", ...planned])];
      this.wake();
    }
  }

  /** What is known, but for the namespaces whose turn it is; undefined where all of the node is to be looked at. */
  #known(mustLook: boolean, isNew: boolean): Known | undefined {
    if (mustLook || this.#applied === undefined) {
      this.#toLookAt = [];
      return undefined;
    }
    // What is new comes first, and is not mixed with what has gone wrong.
    const turn = isNew ? [] : this.#toLookAt.slice(0, sliceNamespaces);
    this.#toLookAt = this.#toLookAt.slice(turn.length);
    const { known: node } = this.#applied;
    return turn.length === 0 ? { node } : { node, lookAt: new Set(turn), goesOn: () => !this.#passes.isDue };
  }

  async #pass(): Promise<void> {
    const { store, node, name } = this.#parts;
    const { contents } = store;
    if (contents.revision === 0) return this.#tell("starting", []);
    if (!name.isOurs) {
      // Whoever was it meanwhile may have changed the node.
      this.#applied = undefined;
      return this.#tell("waiting", this.#waits());
    }
    const revision = contents.revision;
    const intents = store.granted.list;
    const facts = contents.facts();
    // Of this revision: what is granted meanwhile is for the next pass, and nobody is ready with it before that.
    const ungranted = this.#ungranted();
    try {
      const failures = await this.#bringAbout(
        intents,
        intents.nodes.find((intent) => intent.name === node),
        facts,
      );
      this.#revision = revision;
      this.#settle(failures);
    } catch (error) {
      this.#applied = undefined;
      this.#settle([textOf(error)]);
    }
    this.#tellOutcome([...ungranted, ...this.#missingPeers(intents, facts).map((peer) => `waiting for the key of ${peer}`)]);
  }

  #ungranted(): readonly string[] {
    const { node, store } = this.#parts;
    return ungrantedOf(node, { wishes: store.contents.wishes(), grants: store.contents.grants(), granted: store.granted });
  }

  /** Looked for anew only by what is new: most passes are about something else. */
  #missingPeers(intents: Intents, facts: readonly NodeFacts[]): readonly string[] {
    const { node, store } = this.#parts;
    const hosts = store.contents.hosts();
    const inputs = [intents, hosts, facts];
    if (this.#missing?.inputs.every((input, index) => input === inputs[index]) !== true)
      this.#missing = { inputs, peers: missingPeers(node, hostedIntents(intents, hosts), facts) };
    return this.#missing.peers;
  }

  /** Keys, facts, plan, apply. Answers what failed. */
  async #bringAbout(intents: Intents, self: NodeIntent | undefined, facts: readonly NodeFacts[]): Promise<readonly string[]> {
    const { node, keys } = this.#parts;
    const own = ownLinks(node, intents);
    keys.ensure(own.tunnels);
    // On a node without a public namespace the measurement and the first plan go side by side.
    if (self?.public === undefined && (self !== undefined || own.tunnels.length > 0)) this.#measuring.start(self);
    // What an earlier life accepted holds for what it left in the kernel.
    const isFirst = this.#tunnels === undefined && !this.#parts.isBare();
    const earlier = isFirst ? facts.find((one) => one.node === node) : undefined;
    this.#tunnels ??= { acceptedKeys: earlier?.acceptedKeys ?? {}, tunnelLives: earlier?.tunnelLives ?? {} };
    this.#left = withLeft(own, this.#left ?? earlier);
    this.#updateFacts(self, own.tunnels, facts);
    const { plan, failures } = await this.#apply(await this.#planWithArrivals(intents, facts), self);
    if (failures.length > 0) return failures;
    for (const gateway of this.#parts.gateways) gateway.applied(plan);
    if (self !== undefined) this.#measuring.start(self);
    keys.retain(own.tunnels);
    // What went is gone by now.
    const tunnels = tunnelFactsAfter(plan, this.#made, this.#tunnels.tunnelLives, this.#parts.nextLife);
    this.#made.clear();
    if (!sameValue(tunnels, this.#tunnels) || !sameValue(own, this.#left)) {
      this.#tunnels = tunnels;
      this.#left = own;
      this.#updateFacts(self, own.tunnels, facts);
    }
    return failures;
  }

  /** To plan takes a large node so long that others have said more meanwhile: that is carried out at once too, not by a pass of its own. */
  async #planWithArrivals(intents: Intents, facts: readonly NodeFacts[]): Promise<NodePlan> {
    const { store, takeIn } = this.#parts;
    const plan = this.#plan(intents, facts);
    await takeIn();
    return store.granted.list === intents ? this.#plan(intents, store.contents.facts()) : plan;
  }

  /** What the node should be by what is known; keeps whom it has to wait for. Made anew only for what is: most passes are about something else. */
  #plan(intents: Intents, facts: readonly NodeFacts[]): NodePlan {
    const hosts = this.#parts.store.contents.hosts();
    const inputs = [intents, hosts, facts, this.#facts, this.#met];
    if (this.#planned?.inputs.every((input, index) => input === inputs[index]) !== true) {
      const hosted = hostedIntents(intents, hosts);
      const { usable, own, ...others } = usableFacts(this.#facts, hosted, facts, this.#met);
      const known = [...usable, own].map(plannedFacts);
      const before = this.#planned;
      const isSame = before?.hosted === hosted && sameValue(before.facts, known);
      const plan = isSame ? before.plan : planNode(this.#parts.node, hosted, known, this.#memory);
      this.#planned = { inputs, hosted, facts: known, plan, others };
    }
    return this.#planned.plan;
  }

  /** Until something was measured for certain since the start, what the store still holds of an earlier life counts. */
  #updateFacts(self: NodeIntent | undefined, tunnels: readonly string[], facts: readonly NodeFacts[]): void {
    const { node, keys } = this.#parts;
    const { occasion } = measuringPlace(self);
    this.#firstOccasion ??= occasion;
    const earlier = occasion === this.#firstOccasion ? facts.find((one) => one.node === node)?.reachability : undefined;
    const measured = this.#measuring.resultFor(self, earlier);
    const left = this.#left ?? nothingLeft;
    const now = factsOf(node, self, keys.publicKeys(tunnels), measured, this.#tunnels ?? noTunnels, left);
    // The same object while they say the same: their text is made once.
    if (!sameValue(now, this.#facts)) this.#facts = now;
    const isConcerned = self !== undefined || Object.keys(left.networks).length > 0;
    this.#wantedFacts = isConcerned ? encodeNodeFacts(this.#facts) : undefined;
    if (!isConcerned || measured !== undefined) this.#parts.facts.set(this.#wantedFacts);
  }

  /** Answers the plan that was carried out, and what failed. */
  async #apply(plan: NodePlan, self: NodeIntent | undefined): Promise<{ plan: NodePlan; failures: readonly string[] }> {
    const { log, store } = this.#parts;
    const mustLook = this.#mustLook || this.#applied === undefined;
    const isNew = this.#applied === undefined || !sameValue(this.#applied.plan, plan);
    if (!mustLook && !isNew && this.#toLookAt.length === 0) {
      this.#noteMet(plan);
      return { plan, failures: [] };
    }
    if (isNew) this.#tell("applying", this.#waits());
    this.#mustLook = false;
    const began = this.#parts.clock.nowMs();
    let known = this.#known(mustLook, isNew);
    let changes = 0;
    if (self?.public !== undefined && this.#measuring.isDue(self) && known === undefined && this.#parts.isBare()) {
      // Measuring needs namespace `public` and nothing else: on a bare node it comes first, and the rest goes on beside the measurement.
      const bare = publicPart(plan);
      const first = await this.#parts.apply(bare, undefined, () => bare);
      changes += first.changes;
      known = first.observed === undefined ? undefined : { node: first.observed };
      if (first.failures.length === 0) this.#measuring.start(self);
    }
    const report = await this.#parts.apply(plan, known, () => this.#plan(store.granted.list, store.contents.facts()));
    changes += report.changes;
    this.#toLookAt = [...report.notLooked, ...this.#toLookAt];
    for (const tunnel of report.madeTunnels) this.#made.add(tunnel);
    const failures = report.failures.map((problem) => problem.message);
    if (failures.length === 0) this.#noteMet(report.plan);
    this.#changes = changes;
    if (isNew || changes > 0 || this.#toLookAt.length === 0)
      this.#notice = !isNew && changes > 0 ? `put right ${changes} things that were no longer as farmlab left them` : undefined;
    this.#applied = failures.length > 0 || report.observed === undefined ? undefined : { plan: report.plan, known: report.observed };
    const tookMs = Math.round(this.#parts.clock.nowMs() - began);
    const commands = report.commands.map((command) => `${command.namespace}: ${command.argv.slice(0, 3).join(" ")}`);
    // A regular look that found all right is not worth a line.
    if (isNew || changes > 0 || failures.length > 0) {
      const told = firstOf(failures, "failures");
      log("applied", {
        changes,
        looked: known?.lookAt?.size ?? (mustLook ? "all" : "none"),
        tookMs,
        repaired: this.#notice !== undefined,
        failures: told,
        commands,
      });
    }
    if (this.#toLookAt.length > 0) this.wake();
    return { plan: report.plan, failures };
  }

  /** Who has gone from a plan because it was made anew comes back with the next one, as somebody new. */
  #noteMet(plan: NodePlan): void {
    if (this.#planned?.plan !== plan || sameValue(this.#planned.others.met, this.#met)) return;
    this.#met = this.#planned.others.met;
    if (this.#planned.others.renewed.length > 0) this.wake();
  }

  #settle(failures: readonly string[]): void {
    this.#failures = failures;
    if (failures.length === 0) {
      this.#ended.clear();
      return this.#retry.reset();
    }
    this.#parts.log("failed", { failures: firstOf(failures, "failures") });
    if (this.#retryPending) return;
    this.#retryPending = true;
    void this.#parts.clock.pause(this.#retry.next()).then(() => {
      this.#retryPending = false;
      if (this.#failures.length > 0) this.look();
    });
  }

  #tellOutcome(missing: readonly string[]): void {
    const { awaited = [], renewed = [] } = this.#planned?.others ?? {};
    const waits = [
      ...[...this.#waits(), ...missing],
      ...awaited.map((peer) => `waiting until ${peer} has taken this node's key`),
      ...renewed.map((peer) => `greeting ${peer} anew, which has been made anew`),
    ];
    if (this.#failures.length > 0) return this.#tell("failing", waits);
    this.#tell(waits.length > 0 ? "waiting" : "ready", waits);
  }

  /** What is missing besides other nodes' keys. */
  #waits(): readonly string[] {
    const { store, facts, name } = this.#parts;
    const missing = [
      ...(store.waitingFor === undefined ? [] : [`waiting for the store: ${store.waitingFor}`]),
      ...(name.waits === undefined ? [] : [name.waits]),
    ];
    if (!name.isOurs) return missing;
    const isPublished = facts.published === this.#wantedFacts;
    return [
      ...missing,
      ...(isPublished || store.contents.revision === 0 ? [] : ["waiting until its own facts are published"]),
      ...[this.#measuring.failure, this.#measuring.doubt].flatMap((one) => one ?? []),
      ...this.#parts.gateways.flatMap(({ waits }) => waits),
    ];
  }

  #tell(phase: NodeStatus["phase"], waits: readonly string[]): void {
    const { store, keys, node } = this.#parts;
    const notices = [keys.notice, this.#notice].flatMap((notice) => notice ?? []);
    const ended = this.#failures.length === 0 ? [] : [...this.#ended].map(([name, said]) => `${name} ended by itself: ${said}`);
    const failures = [...firstOf(ended, "tunnels ended"), ...firstOf(this.#failures, "failures")];
    const messages = [...failures, ...(phase === "starting" ? this.#waits() : waits), ...store.contents.problems, ...notices];
    const status: NodeStatus = { node, phase, revision: this.#revision, changes: this.#changes, messages };
    const text = JSON.stringify(status);
    if (this.#told?.status === text && this.#told.facts === this.#facts) return;
    this.#told = { status: text, facts: this.#facts };
    this.#parts.onStatus(status, this.#facts);
  }
}

/** The plan without all but namespace `public`: only for a node that has nothing yet, which so loses nothing. */
function publicPart(plan: NodePlan): NodePlan {
  const bareHost = { name: "host", links: [], addresses: [], routes: [], policies: [], sysctls: {}, tables: [] };
  return { node: plan.node, namespaces: [bareHost, ...plan.namespaces.filter((namespace) => namespace.name === "public")], services: [] };
}

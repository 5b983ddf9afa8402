/**
 * The allocator: hands out prefixes and exit nodes' numbers by the list in the store. Several may run at once: each transaction is refused
 * where another has written meanwhile, and the one that lost looks again. It keeps nothing of its own but what it last saw, by which a store
 * that lost everything is told again what rests.
 */
import { changedTexts, decodeAllocator, settle, staysSettled } from "../allocate/index.ts";
import type { AllocatorState, AllocatorTexts, Book, Claim, NetworkGrant, Settlement } from "../allocate/index.ts";
import { failure, remembered, sameValue, seededRandom, success } from "../common/index.ts";
import type { Outcome, Problem } from "../common/index.ts";
import type { AllocatorStatus, NodeFacts } from "../intents/index.ts";
import {
  allocatorPrefix,
  allocatorStatusKey,
  allocatorTextKey,
  allocatorTurnKey,
  createBackOff,
  encodeAllocatorStatus,
  encodeNetworkGrant,
  encodeNumberGrant,
  factsPrefix,
  intentKeys,
  openStore,
  parseAllocatorKey,
  pauseUnlessAborted,
  statusPrefix,
  StoreError,
  type BackOff,
  type Operation,
  type Store,
} from "../store/index.ts";
import type { Log } from "./log.ts";
import { Passes } from "./passes.ts";
import { createPublisher } from "./publisher.ts";
import type { WallClock } from "./skewed-clock.ts";
import { StoreView } from "./store-view.ts";

/** Everything but what agents say of their work. */
const watchedKeys = { from: allocatorPrefix, before: statusPrefix };
const retry = { firstMs: 5, longestMs: 1000 };
/** A full part is some 200 kB, and a transaction takes 1.5 MB. */
const mostParts = 4;
/** Of etcd's 128 operations; with those of the parts and the turn. */
const mostGrants = 100;

/** What nodes and allocators say of themselves decides nothing but by what nodes have. */
const isSaid = (key: string): boolean => key.startsWith(factsPrefix) || key === allocatorStatusKey;

/** A whole look at the store tells of many revisions, and not of which. */
const anyRevision = -1;

export interface AllocatorParts {
  readonly store: Store;
  readonly clock: WallClock;
  readonly random: () => number;
  readonly log: Log;
  readonly onStatus: (status: AllocatorStatus) => void;
}

const claimsOfOne = remembered(({ node, networks = {}, standsInFor = {} }: NodeFacts): readonly Claim[] =>
  Object.entries(networks).flatMap(([link, network]): Claim[] => {
    const [, hex, number] = /^[a-z]+-([0-9a-f]{4})-([0-9]{1,3})$/.exec(link) ?? [];
    if (hex === undefined || number === undefined) return [];
    const home = standsInFor[link];
    const holder = home === undefined ? { network, node } : { network, node: home, standIn: node };
    return [{ ...holder, allocationNumber: Number(number), subnetNumber: Number.parseInt(hex, 16) }];
  }),
);

/** What nodes say that they have, as claims. */
export function claimsOf(facts: readonly NodeFacts[]): readonly Claim[] {
  return facts.flatMap(claimsOfOne);
}

/** The operations that bring the store's grants to these, those that take something away first. */
function grantOperations(settlement: Settlement, view: StoreView): readonly Operation[] {
  // Most are as they were: those are compared as values, which takes a third of the time of writing them out.
  const there = new Map(view.contents.grants().networks.map((grant) => [grant.network, grant]));
  const textOf = (grant: NetworkGrant): string => {
    const text = view.contents.text(intentKeys.networkGrant(grant.network));
    return text !== undefined && sameValue(grant, there.get(grant.network)) ? text : encodeNetworkGrant(grant);
  };
  const wanted = new Map([
    ...settlement.numbers.map((grant) => [intentKeys.numberGrant(grant.allocationNumber), encodeNumberGrant(grant)] as const),
    ...settlement.networks.map((grant) => [intentKeys.networkGrant(grant.network), textOf(grant)] as const),
  ]);
  const gone = view.contents.grantKeys().filter((key) => !wanted.has(key));
  const changed = [...wanted].filter(([key, text]) => view.contents.text(key) !== text);
  const isShorter = ([key, text]: readonly [string, string]): boolean => text.length < (view.contents.text(key)?.length ?? 0);
  return [
    ...gone.map((key) => ({ delete: key })),
    ...[...changed.filter(isShorter), ...changed.filter((one) => !isShorter(one))].map(([key, value]) => ({ put: { key, value } })),
  ];
}

interface ChangedState {
  readonly allocationNumber: number;
  readonly state: AllocatorState;
  readonly texts: ReadonlyMap<string, string | undefined>;
}

const sameTexts = (one: AllocatorTexts, other: AllocatorTexts): boolean =>
  one.size === other.size && [...one].every(([name, text]) => other.get(name) === text);

export class Allocator {
  readonly #parts: AllocatorParts;
  readonly #retry: BackOff;
  readonly #view: StoreView;
  readonly #passes = new Passes();
  /** Of each allocation, the texts of its state. */
  readonly #texts = new Map<number, Map<string, string>>();
  readonly #decoded = new Map<number, { readonly texts: AllocatorTexts; readonly state: Outcome<AllocatorState> }>();
  /** What it knew before the store began anew. */
  #remembered: Book = new Map();
  #book: Book = new Map();
  #turn = 0;
  /** At which revision it wrote last: what it looks at is not older. */
  #written = 0;
  /** Revisions of all but what is only said, since it decided last. */
  readonly #heard = new Set<number>();
  /** By what all was right last; undefined since somebody else has changed the store otherwise than by what is only said. */
  #settled: { readonly book: Book; readonly claims: readonly Claim[]; readonly messages: readonly string[] } | undefined;

  constructor(parts: AllocatorParts) {
    this.#parts = parts;
    this.#retry = createBackOff(retry, parts.random);
    this.#view = new StoreView({
      onChange: () => this.#passes.ask(),
      onSnapshot: ({ entries }, isAnew) => {
        this.#heard.add(anyRevision);
        if (isAnew) {
          this.#remembered = this.#book;
          this.#written = 0;
        }
        this.#settled = undefined;
        this.#texts.clear();
        this.#turn = 0;
        for (const { key, value, revision: at } of entries) this.#take(key, value, at);
      },
      onEvent: (event) => {
        if (!isSaid(event.key)) this.#hear(event.revision);
        this.#take(event.key, event.kind === "put" ? event.value : undefined, event.revision);
      },
      onConnection: (state) => parts.log("store", state),
    });
  }

  #hear(revision: number): void {
    this.#heard.add(revision);
    if (revision !== this.#written) this.#settled = undefined;
  }

  #take(key: string, value: string | undefined, revision: number): void {
    if (key === allocatorTurnKey) this.#turn = value === undefined ? 0 : revision;
    const place = parseAllocatorKey(key);
    if (place === undefined) return;
    const texts = this.#texts.get(place.allocationNumber) ?? new Map<string, string>();
    this.#texts.set(place.allocationNumber, texts);
    if (value === undefined) texts.delete(place.name);
    else texts.set(place.name, value);
    if (texts.size === 0) this.#texts.delete(place.allocationNumber);
  }

  /** Runs until the signal aborts; a pass that has begun is finished. */
  async run(signal: AbortSignal): Promise<void> {
    const watching = this.#parts.store.watch(watchedKeys, this.#view.handlers, signal);
    await this.#passes.run(() => this.#pass(signal), signal);
    await watching;
  }

  #tell(phase: AllocatorStatus["phase"], messages: readonly string[]): void {
    this.#parts.onStatus({ phase, messages });
  }

  /** The states that the store holds; of an allocation of which it holds nothing, what was known before it began anew. */
  #bookInStore(): Outcome<Book> {
    const book = new Map<number, AllocatorState>(this.#remembered);
    const problems: Problem[] = [];
    for (const [allocationNumber, texts] of this.#texts) {
      const known = this.#decoded.get(allocationNumber);
      const state = known !== undefined && sameTexts(known.texts, texts) ? known.state : decodeAllocator(texts);
      this.#decoded.set(allocationNumber, { texts: new Map(texts), state });
      if (state.ok) book.set(allocationNumber, state.value);
      else
        problems.push(...state.problems.map((one) => ({ ...one, message: `${allocatorTextKey(allocationNumber, "")}: ${one.message}` })));
    }
    return problems.length > 0 ? failure(...problems) : success(book);
  }

  /** The allocations whose texts in the store are others now, with those that are; undefined for a text that there is no more. */
  #changed(before: Book, after: Book): readonly ChangedState[] {
    return [...after].flatMap(([allocationNumber, state]) => {
      const there = this.#texts.get(allocationNumber);
      const all = changedTexts(there === undefined ? undefined : before.get(allocationNumber), state);
      const texts = [...all].filter(([name, text]) => text !== there?.get(name));
      return texts.length === 0 ? [] : [{ allocationNumber, state, texts: new Map(texts) }];
    });
  }

  /** What it has written is on its way back: of those texts the state is known. */
  #expect({ allocationNumber, state, texts }: ChangedState): void {
    const expected = new Map(this.#texts.get(allocationNumber));
    for (const [name, text] of texts) {
      if (text === undefined) expected.delete(name);
      else expected.set(name, text);
    }
    this.#decoded.set(allocationNumber, { texts: expected, state: success(state) });
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { clock, store, log } = this.#parts;
    const { contents, waitingFor } = this.#view;
    if (waitingFor !== undefined) return this.#tell("waiting", [`waiting for the store: ${waitingFor}`]);
    if (contents.revision < this.#written) return;
    const claims = claimsOf(contents.facts());
    if (this.#settled !== undefined && staysSettled(this.#settled.book, this.#settled.claims, claims)) {
      this.#retry.reset();
      this.#settled = { ...this.#settled, claims };
      return this.#tell("ready", [...this.#settled.messages, ...contents.problems]);
    }
    const book = this.#bookInStore();
    // What stands in the grants stays in force, and nothing more is given.
    if (!book.ok) return this.#tell("failing", book.problems.map(textOfProblem));
    this.#book = book.value;
    const settlement = settle(book.value, contents.wishes(), {
      nowMs: clock.now().getTime(),
      claims,
      mostParts,
    });
    const changed = this.#changed(book.value, settlement.book);
    const states = changed.flatMap(({ allocationNumber, texts }) =>
      [...texts].map(([name, text]): Operation => {
        const key = allocatorTextKey(allocationNumber, name);
        return text === undefined ? { delete: key } : { put: { key, value: text } };
      }),
    );
    const grants = grantOperations(settlement, this.#view);
    const settled = { book: settlement.book, claims, messages: messagesOf(settlement) };
    if (states.length + grants.length === 0) {
      this.#retry.reset();
      this.#settled = settled;
      return this.#tell("ready", [...settled.messages, ...contents.problems]);
    }
    this.#heard.clear();
    try {
      const turn = { put: { key: allocatorTurnKey, value: "1" } };
      const { written, revision } = await store.transactIf(allocatorTurnKey, this.#turn, [turn, ...states, ...grants.slice(0, mostGrants)]);
      // Lost against another one: its writing is on the way.
      if (!written) return await this.#later(signal, "another allocator was first");
      this.#written = revision;
      this.#remembered = new Map();
      for (const one of changed) this.#expect(one);
      // Where nobody else wrote meanwhile, all is as it has just been settled.
      const isAlone = [...this.#heard].every((one) => one === revision);
      if (isAlone && settlement.isWhole && grants.length <= mostGrants) {
        this.#settled = settled;
        this.#book = settled.book;
      }
      log("granted", { revision, parts: states.length, grants: grants.length });
      this.#passes.ask();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log("not-granted", { message: error.message });
      this.#tell("waiting", [`waiting for the store: ${error.message}`]);
      await this.#later(signal, error.message);
    }
  }

  async #later(signal: AbortSignal, why: string): Promise<void> {
    this.#parts.log("again", { why });
    await pauseUnlessAborted(this.#parts.clock, this.#retry.next(), signal);
    this.#passes.ask();
  }
}

/** Everything that was refused and advised, each after the key that it is about. */
function messagesOf({ problems, networks, numbers }: Settlement): readonly string[] {
  const keys = new Map([
    ...networks.flatMap(({ network, refused }) => refused.map((one) => [one, intentKeys.network(network)] as const)),
    ...numbers.flatMap(({ allocationNumber, refused }) => refused.map((one) => [one, intentKeys.allocation(allocationNumber)] as const)),
  ]);
  return problems.map((problem) => {
    const key = keys.get(problem);
    return `${key === undefined ? "" : `${key}: `}${textOfProblem(problem)}`;
  });
}

const textOfProblem = ({ code, message, hint }: Problem): string => `${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`;

/** Until the signal aborts. What it has granted stays. */
export async function runAllocator(
  endpoints: readonly string[],
  { clock, log, seed }: { readonly clock: WallClock; readonly log: Log; readonly seed: number },
  signal: AbortSignal,
): Promise<void> {
  const choice = seededRandom(seed, "allocator");
  const random = (): number => choice.below(0x1_0000_0000) / 0x1_0000_0000;
  const store = openStore({ endpoints, clock, random });
  const status = createPublisher({
    write: async (value) => await store.put(allocatorStatusKey, value ?? ""),
    clock,
    backOff: createBackOff(retry, random),
    gatherMs: 0,
    onPublished: () => {},
    onFailure: (message) => log("not-published", { message }),
  });
  let last = "";
  const allocator = new Allocator({
    ...{ store, clock, random, log },
    onStatus: (now) => {
      const text = encodeAllocatorStatus(now);
      if (text !== last) log("status", { ...now });
      last = text;
      status.set(text);
    },
  });
  log("started", {});
  await allocator.run(signal);
  store.close();
  log("ended", {});
}

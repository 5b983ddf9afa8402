/** The store as the agent goes by it: what it holds, whether it is followed, and what to make of a store that lost its data. */
import { grantedList, keepGranted, type GrantedList, type Grants } from "../allocate/index.ts";
import type { NetworkWish, NodeWish, Wishes } from "../intents/index.ts";
import { intentsPrefix, StoreContents, type Snapshot, type StoreEvent, type WatchHandlers } from "../store/index.ts";

const isEmpty = (contents: StoreContents): boolean => {
  const { allocations, nodes, networks } = contents.wishes();
  return allocations.length + nodes.length + networks.length === 0;
};

/** Who wants to know; each is called when the contents have been brought up to date. */
export interface StoreListeners {
  /** After anything: contents, or whether the store is followed. */
  readonly onChange: () => void;
  /** After a whole look at the store; `isAnew`: it has gone back, or another one has taken its place, so that what was written may be lost. */
  readonly onSnapshot: (snapshot: Snapshot, isAnew: boolean) => void;
  readonly onEvent: (event: StoreEvent) => void;
  /** When the store was found or lost. */
  readonly onConnection?: WatchHandlers["connection"];
}

/**
 * A store that comes back at an earlier revision, or as another one, and without a single intent has lost them; nobody asked for the farm to
 * be taken down. One that begins anew may by then have more revisions than were seen: only its cluster's number tells. What was last known
 * stays in force until intents are there again, and what they were granted until it is granted anew.
 */
export class StoreView {
  #inForce = new StoreContents();
  #recovering: StoreContents | undefined;
  #waitingFor: string | undefined = "its first answer";
  #cluster: string | undefined;
  readonly #listeners: StoreListeners;
  #answered: { readonly wishes: Wishes; readonly grants: Grants; readonly granted: GrantedList<NodeWish, NetworkWish> } | undefined;

  constructor(listeners: StoreListeners) {
    this.#listeners = listeners;
  }

  get contents(): StoreContents {
    return this.#inForce;
  }

  /** The list as it was granted; it and what is in it are the same objects while nothing of them changes. */
  get granted(): GrantedList<NodeWish, NetworkWish> {
    const wishes = this.#inForce.wishes();
    const grants = this.#inForce.grants();
    if (this.#answered?.wishes !== wishes || this.#answered.grants !== grants)
      this.#answered = { wishes, grants, granted: this.#keep(grantedList(wishes, grants)) };
    return this.#answered.granted;
  }

  #keep(granted: GrantedList<NodeWish, NetworkWish>): GrantedList<NodeWish, NetworkWish> {
    const before = this.#answered?.granted.list;
    return before === undefined ? granted : { ...granted, list: keepGranted(before, granted.list) };
  }

  /** What the agent waits for, when it does not follow a store with intents. */
  get waitingFor(): string | undefined {
    if (this.#waitingFor !== undefined) return this.#waitingFor;
    return this.#recovering === undefined ? undefined : "its intents, which it lost; the last ones stay in force";
  }

  readonly handlers: WatchHandlers = {
    snapshot: (snapshot) => {
      const isAnother = this.#cluster !== undefined && snapshot.cluster !== this.#cluster;
      this.#cluster = snapshot.cluster;
      const isAnew = isAnother || snapshot.revision < (this.#recovering ?? this.#inForce).revision;
      const lost =
        (isAnew || this.#recovering !== undefined) &&
        !isEmpty(this.#inForce) &&
        !snapshot.entries.some((entry) => entry.key.startsWith(intentsPrefix));
      if (lost) {
        this.#recovering = new StoreContents();
        this.#recovering.inherit(this.#inForce);
        this.#recovering.replace(snapshot);
      } else {
        this.#recovering = undefined;
        this.#inForce.replace(snapshot);
      }
      this.#listeners.onSnapshot(snapshot, isAnew);
      this.#listeners.onChange();
    },
    events: (events, revision) => {
      const target = this.#recovering ?? this.#inForce;
      target.change(events, revision);
      if (this.#recovering !== undefined && !isEmpty(this.#recovering)) {
        this.#inForce = this.#recovering;
        this.#recovering = undefined;
      }
      for (const event of events) this.#listeners.onEvent(event);
      this.#listeners.onChange();
    },
    connection: (state) => {
      const waitingFor = state.connected ? undefined : state.waitingFor;
      if (waitingFor !== this.#waitingFor) this.#listeners.onConnection?.(state);
      this.#waitingFor = waitingFor;
      this.#listeners.onChange();
    },
  };
}

/** One farm, up and settled, as the properties see it: who is in it, what the nodes publish, and probes to send. */
import type { Address, Family } from "../../core/common/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Intents, NodeFacts, NodeStatus, Wishes } from "../../core/intents/index.ts";
import type { Store } from "../../core/store/index.ts";
import type { Lab } from "../../emulator/lab.ts";
import type { Party, Protocol, World } from "../oracle/index.ts";
import type { AgentFailures } from "./ready.ts";

/** Where in the lab a program or probe is: a node, and a network namespace inside it. */
export interface Position {
  readonly node: string;
  /** Absent: the node's own. */
  readonly namespace?: string;
}

export interface SendRequest {
  readonly from: Party | Position;
  readonly to: Address;
  readonly protocol: Protocol;
  readonly port?: number;
  readonly sourcePort?: number;
  /** An echo's answer that nobody has asked for, which connection tracking calls invalid; icmp only. */
  readonly unasked?: true;
  /** An address in place of the sender's own, which no answer will find; udp only. */
  readonly foreignSource?: Address;
  /** Interface of the sender, for a link-local destination. */
  readonly zone?: string;
  /** Payload bytes, never fragmented; absent: as few as are needed. The answer has as many, or `answerSize` where that is more (udp only). */
  readonly size?: number;
  readonly answerSize?: number;
  readonly timeoutMs: number;
}

export type Answer =
  | {
      readonly kind: "reply";
      /** Identity of the responder (see `identityOf`); absent for an echo, which a kernel answers. */
      readonly who?: string;
      readonly from: Address;
      /** Source address and port, and TTL or hop limit, that the responder saw. */
      readonly seenSource?: Address;
      readonly seenPort?: number;
      readonly seenTtl?: number;
      /** By how much the TTL of the answer fell on its way back. */
      readonly replyHops?: number;
    }
  /** `mtu`: of an answer that the packet is too big. */
  | { readonly kind: "unreachable"; readonly type: number; readonly code: number; readonly from?: Address; readonly mtu?: number }
  | { readonly kind: "timeExceeded"; readonly from?: Address }
  | { readonly kind: "refused" }
  | { readonly kind: "localError"; readonly message: string }
  | { readonly kind: "timeout" };

export interface Sent {
  /** The mark in its packets, by which they are recognised where they pass. */
  readonly token?: string;
  readonly answer: Answer;
  /** Round trip, milliseconds. */
  readonly roundTripMs?: number;
}

/** A packet that carried a probe's mark past an interface. */
export interface Sighting {
  readonly place: WatchPlace;
  readonly outgoing: boolean;
  /** `error`: an ICMP error that quotes the packet. */
  readonly kind: "request" | "answer" | "error" | "other";
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly token: string;
  /** Number of the attempt within its probe. */
  readonly sequence: number;
}

export interface WatchPlace extends Position {
  readonly interface: string;
}

/** Sends a frame of the caller's own making, link header included, out of an interface; answers the mark that it was made with. */
export type SendFrame = (place: WatchPlace, frameWith: (mark: string) => Uint8Array) => Promise<string>;

export interface Watched<T> {
  readonly value: T;
  readonly sightings: readonly Sighting[];
}

export interface Session {
  readonly farm: Farm;
  /** The farm file and its text. */
  readonly file: string;
  readonly text: string;
  readonly seed: number;
  readonly world: World;
  /** The farm's list as its file wishes it, and as the allocator granted it. */
  readonly wishes: Wishes;
  readonly intents: Intents;
  readonly lab: Lab;
  /** The farm's store: intents, what nodes publish, and what agents say of themselves. */
  readonly store: Store;
  readonly facts: ReadonlyMap<string, NodeFacts>;
  readonly statuses: ReadonlyMap<string, NodeStatus>;
  /** Which agents did not get ready, and why; absent where all did. */
  readonly notReady?: string;
  /** TTL and hop limit with which probes and answers start. */
  readonly startTtl: number;
  /** Port on which every internet host answers tcp and udp. */
  readonly internetPort: number;
  /** Whether nothing is asked in this lab once a law is broken: then nobody has to make the farm again what it was. */
  readonly endsOnceBroken: boolean;
  /** Monotonic milliseconds. */
  nowMs(): number;
  identityOf(party: Party): string;
  positionOf(party: Party): Position;
  /** The interfaces at which a party's packets arrive. */
  interfacesOf(party: Party): readonly WatchPlace[];
  /** Sends one probe; throws a HarnessError when the prober itself cannot work. */
  send(request: SendRequest): Promise<Sent>;
  /** Which of the parties do not answer over a permitted path now. */
  silentResponders(parties: readonly Party[], families: readonly Family[]): Promise<string[]>;
  /**
   * What passed the interfaces of the packets that `work` sent, by the senders that it is given. At an interface that is not there nothing
   * passes: `sees-nothing` is for who asks what arrives; who asks that nothing does cannot know it, and a HarnessError is thrown.
   */
  watch<T>(
    places: readonly WatchPlace[],
    work: (send: Session["send"], sendFrame: SendFrame) => Promise<T>,
    absent?: "unknown" | "sees-nothing",
  ): Promise<Watched<T>>;
  /** Kills every agent and waits until its successor has looked at its node and is ready. */
  restartAgents(): Promise<void>;
  /**
   * Switches a node off and, once routers have noticed, on, and waits until all is as it was: its agent ready, where it has one, routers'
   * routes, tunnels open, and who answers probes there.
   */
  rebootNode(node: string): Promise<void>;
  /** Who answers probes on a node that is on again does so again; rejects while the namespaces of its workloads are not there yet. */
  listenAgain(node: string): Promise<void>;
  /**
   * Gives the store another list and waits until every agent has carried it out. Only workloads that it names answer probes, and only
   * networks that are there whole have their tunnels waited for. Who changes the list gives `wishes` back when done. An agent that keeps
   * failing is not waited for to the end, unless its failures `pass`.
   */
  changeIntents(wishes: Wishes, failures?: AgentFailures): Promise<void>;
  /** The first half of that: it waits for nobody, and who is not named answers no probes until `changeIntents` names them again. */
  writeIntents(wishes: Wishes): Promise<void>;
  /** Standard output of a program in the lab; throws a HarnessError when it fails. */
  read(position: Position, argv: readonly string[]): Promise<string>;
}

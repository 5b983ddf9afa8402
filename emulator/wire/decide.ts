/**
 * What a rule of the wire decides about a packet, as emulator/native/wire_decide.c decides it: a function of (seed, link, direction,
 * flow, index within the flow). So decisions can be known without a lab, and a lab's can be checked.
 */
import type { PacketConditions } from "../../core/farm/index.ts";
import { siphash, type SiphashKey } from "./siphash.ts";
import type { Direction } from "./insert-wire.ts";

/** A flow of a direction of a link, by its name with its number. */
export interface FlowPlace {
  readonly seed: number;
  readonly link: string;
  readonly direction: Direction;
  readonly flow: string;
}

export interface PacketDecision {
  readonly drop: boolean;
  readonly reorder: boolean;
  readonly duplicate: boolean;
  /** Of a packet that has anything after its network header. */
  readonly corrupt: boolean;
  /** Constant delay and jitter together. */
  readonly delayUs: number;
}

const draws = { loss: 1n, reorder: 2n, duplicate: 3n, corrupt: 4n, jitter: 5n } as const;
/** Tells these hashes from others of the same seed. */
const keyHigh = 0x6d72616662616c21n;

export const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1000);

/** What is decided about packets of one flow; `index` counts from 1. */
export function decider(place: FlowPlace, conditions: PacketConditions): (index: number) => PacketDecision {
  const key: SiphashKey = { low: BigInt(place.seed), high: keyHigh };
  const flow = siphash(key, Buffer.from(`${place.link}\t${place.direction}\t${place.flow}`));
  const delayUs = microseconds(conditions.delayMs ?? 0);
  const jitterUs = microseconds(conditions.jitterMs ?? 0);
  return (index) => {
    const draw = (what: keyof typeof draws): bigint => {
      const message = Buffer.alloc(24);
      message.writeBigUInt64LE(flow, 0);
      message.writeBigUInt64LE(BigInt(index), 8);
      message.writeBigUInt64LE(draws[what], 16);
      return siphash(key, message);
    };
    const happens = (what: keyof typeof draws, probability = 0): boolean => Number(draw(what) >> 11n) * 2 ** -53 < probability;
    const reorder = happens("reorder", conditions.reorder);
    const shift = Number(((draw("jitter") >> 32n) * BigInt(2 * jitterUs + 1)) >> 32n) - jitterUs;
    return {
      drop: happens("loss", conditions.loss),
      reorder,
      duplicate: !reorder && happens("duplicate", conditions.duplicate),
      corrupt: happens("corrupt", conditions.corrupt),
      delayUs: Math.max(0, delayUs + (jitterUs === 0 ? 0 : shift)),
    };
  };
}

/** Big-endian reading of a packet's bytes, which answers undefined past their end instead of throwing. */
import type { Address } from "../../core/common/index.ts";

export interface Bytes {
  readonly data: Uint8Array;
  readonly view: DataView;
}

export function bytesOf(data: Uint8Array): Bytes {
  return { data, view: new DataView(data.buffer, data.byteOffset, data.byteLength) };
}

/** Whether there are `length` bytes at `offset`. */
export const holds = ({ data }: Bytes, offset: number, length: number): boolean => offset >= 0 && offset + length <= data.length;

export function macAt({ data }: Bytes, offset: number): string {
  return Array.from(data.subarray(offset, offset + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export const address4At = ({ view }: Bytes, offset: number): Address => ({ family: 4, value: BigInt(view.getUint32(offset)) });

export const address6At = ({ view }: Bytes, offset: number): Address => ({
  family: 6,
  value: (view.getBigUint64(offset) << 64n) | view.getBigUint64(offset + 8),
});

/**
 * The wire: links whose packets are lost, delayed, reordered, duplicated, corrupted or slowed as rules say, each decision repeatable. It
 * is put into a topology before a lab is made of it, and driven through a socket. What faults there are, and when, is not said here.
 */
export * from "./insert-wire.ts";
export * from "./wire-client.ts";
export * from "./decide.ts";
export type { WireRule } from "./rule.ts";

/**
 * Findings for people: what a farm lacks, will run out of, should change (EX-24). Pure, judges a farm that has loaded.
 * Not for what no farm may be: that is an error of `core/farm`, and nothing comes here that has one.
 */
export { checkFarm, findingsOf } from "./check-farm.ts";

import { leaveAndRejoin } from "./leave-and-rejoin.ts";
import { redundantLink } from "./redundant-link.ts";
import type { Relation } from "./relation.ts";
import { renameNodes } from "./rename-nodes.ts";
import { reorder } from "./reorder.ts";
import { moveAllocation, shiftWithinParts } from "./shift-prefixes.ts";

/** All of them (XC-4). */
export const relations: readonly Relation[] = [renameNodes, shiftWithinParts, moveAllocation, reorder, redundantLink, leaveAndRejoin];

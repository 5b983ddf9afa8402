import type { Refusal } from "./attempts.ts";
import type { Capability } from "./report.ts";

/** What a probe saw: why it is missing, or what there is to say of what is there. Neither: it is there. */
export interface Finding {
  readonly refusal?: Refusal;
  readonly found?: string;
  /** How to get it, where that depends on why it is missing. */
  readonly how?: string;
}

/** What probes look with. */
export interface Surroundings {
  readonly root: boolean;
  /** The node image, whose tools look where it is built. */
  readonly rootfs: string | undefined;
  /** farmlab's native helper, where it is built. */
  readonly native: string | undefined;
  /** What to write before a program to make it root of a user's namespace; nothing for root, and where the user or the helper lacks what that takes. */
  readonly mapped: readonly string[];
  /** What the kernel answers to `ip link add` and these words; all that are asked for in one turn share a namespace. */
  link(words: string): Promise<Refusal>;
}

/** One thing to look for. */
export interface Probe extends Pick<Capability, "capability" | "area" | "required" | "usedFor" | "standIn"> {
  readonly how: string;
  /** How to look, where the tool for it is missing; default: the node image brings it. */
  readonly howToLook?: string;
  /** Whether no lab of a user who is not root can run without it. */
  readonly requiredOfUsers?: true;
  attempt(surroundings: Surroundings): Promise<Finding>;
  /** Subject of the choice, and the choice's name with and without the capability. */
  readonly choice?: readonly [subject: string, present: string, absent: string];
}

/** What a capability is for: every lab, or those that want more than the least; the other backend; labs of users who are not root; building. */
export type Area = "labs" | "containerlab" | "rootless" | "building";

/** One thing that farmlab uses of this machine. */
export interface Capability {
  readonly capability: string;
  readonly area: Area;
  readonly present: boolean;
  /** False where the tool that would look is missing: then nothing is known, and `present` is false. */
  readonly tried: boolean;
  /** Whether no lab can run without it; the others have a stand-in, or are for some labs only. */
  readonly required: boolean;
  readonly usedFor: string;
  /** What is done without it. */
  readonly standIn: string | null;
  /** How to get it, where it is missing. */
  readonly how: string | null;
  /** What the kernel or the tool answered, where it is missing. */
  readonly answer: string | null;
  /** What was found, where there is more to say of it than that it is there: a version, an amount, and what it cannot do. */
  readonly found: string | null;
}

/** The machine itself. */
export interface Machine {
  /** As `uname -r` says it. */
  readonly kernel: string;
  /** As Node names it: `x64`, `arm64`. */
  readonly architecture: string;
  /** Processors that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

export interface HostReport {
  readonly root: boolean;
  readonly machine: Machine;
  readonly capabilities: readonly Capability[];
  /** The best present choice by subject, e.g. wireguard -> `kernel` or `wireguard-go`. */
  readonly choices: Readonly<Record<string, string>>;
}

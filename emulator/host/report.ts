/** One thing that labs use of this machine's kernel. */
export interface Capability {
  readonly capability: string;
  readonly present: boolean;
  /** False where the tool that would look is missing: then nothing is known, and `present` is false. */
  readonly tried: boolean;
  /** Whether no lab can run without it; the others have a stand-in. */
  readonly required: boolean;
  readonly usedFor: string;
  /** What is done without it. */
  readonly standIn: string | null;
  /** How to get it, where it is missing. */
  readonly how: string | null;
  /** What the kernel or the tool answered, where it is missing. */
  readonly answer: string | null;
}

export interface HostReport {
  readonly root: boolean;
  readonly capabilities: readonly Capability[];
  /** The best present choice by subject, e.g. wireguard -> `kernel` or `wireguard-go`. */
  readonly choices: Readonly<Record<string, string>>;
}

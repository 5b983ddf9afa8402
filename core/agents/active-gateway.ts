/**
 * Whether the gateway of an exit node that has a partner has its addresses yet (EX-15). VRRP gives them to it some tenths of a second after
 * a plan was carried out, and until then none of its networks reaches anything outside: the node is not ready before.
 */
import type { Clock } from "../common/index.ts";
import { heldAddressesOf, type HeldAddresses, type NodePlan } from "../plan/index.ts";
import type { ProgramRunner } from "../programs/index.ts";

export interface ActiveGatewayParts {
  readonly programs: Pick<ProgramRunner, "run">;
  readonly clock: Clock;
  /** Called when what `waits` answers is another. */
  readonly onChange: () => void;
}

/** A gateway that has none of its addresses after so long is not the active one: the partner's is, and gives them back in its own time. */
const standsByAfterMs = 3000;
const lookEveryMs = 20;

const isSame = (one: HeldAddresses, other: HeldAddresses | undefined): boolean =>
  other?.link === one.link && [...one.addresses].join() === [...other.addresses].join();

export class ActiveGateway {
  readonly #parts: ActiveGatewayParts;
  #wanted: HeldAddresses | undefined;
  #missing: readonly string[] = [];

  constructor(parts: ActiveGatewayParts) {
    this.#parts = parts;
  }

  /** What the node still waits for before its exit node is where it belongs. */
  get waits(): readonly string[] {
    const [first] = this.#missing;
    return first === undefined ? [] : [`waiting until VRRP gives ${first} to ${this.#wanted?.link ?? "its gateway"}`];
  }

  /** The node has been brought to a plan. */
  applied(plan: NodePlan): void {
    const wanted = heldAddressesOf(plan);
    if (wanted === undefined) {
      this.#wanted = undefined;
      this.#missing = [];
      return;
    }
    if (isSame(wanted, this.#wanted)) return;
    this.#wanted = wanted;
    this.#missing = [...wanted.addresses];
    void this.#follow(wanted);
  }

  /** Looks until all are there, or it is clear that they are the partner's. */
  async #follow(wanted: HeldAddresses): Promise<void> {
    const { clock, onChange } = this.#parts;
    const sinceMs = clock.nowMs();
    for (;;) {
      const here = await this.#addressesOf(wanted);
      // Another plan has come meanwhile.
      if (this.#wanted !== wanted) return;
      const missing = [...wanted.addresses].filter((address) => !here.has(address));
      const standsBy = missing.length === wanted.addresses.size && clock.nowMs() - sinceMs >= standsByAfterMs;
      const before = this.waits;
      this.#missing = standsBy ? [] : missing;
      if (this.waits.join() !== before.join()) onChange();
      if (this.#missing.length === 0) return;
      await clock.pause(lookEveryMs);
    }
  }

  /** Empty where they cannot be read: a gateway that is not there has none. */
  async #addressesOf({ namespace, link }: HeldAddresses): Promise<ReadonlySet<string>> {
    const { code, stdout } = await this.#parts.programs.run({ namespace, argv: ["ip", "-json", "address", "show", "dev", link] });
    if (code !== 0) return new Set();
    const shown = JSON.parse(stdout) as readonly { readonly addr_info?: readonly { readonly local?: string }[] }[];
    return new Set(shown.flatMap(({ addr_info: info = [] }) => info.flatMap(({ local }) => local ?? [])));
  }
}

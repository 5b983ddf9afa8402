/** When reachability is measured: once per public configuration, and again only where the first time may have been too early. */
import type { Clock } from "../common/index.ts";
import type { NodeIntent } from "../intents/index.ts";
import { createBackOff } from "../store/index.ts";
import { earlyFamilies, measuringPlace } from "./own-part.ts";
import type { Measured, MeasuredFamily } from "./reachability.ts";
import { textOf } from "./text-of.ts";

export interface MeasuringParts {
  /** The families for which there is a reflector. */
  readonly asked: readonly MeasuredFamily[];
  /** Throws when nothing could be measured. */
  readonly measure: (namespace: string) => Promise<Measured>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onResult: () => void;
}

const again = { firstMs: 100, longestMs: 10_000 };
/**
 * So often in a row nothing must have been heard before that counts more than what is known from an earlier life, and before the node is
 * ready without: who has just been started may have to be found by its neighbours first. With the pauses between them it is 3 to 5 s.
 */
const believedTimes = 6;
const notEarly = { times: 0, families: [] };
const familyNames = { ipv4: "IPv4", ipv6: "IPv6" } as const;

export class Measuring {
  readonly #parts: MeasuringParts;
  #occasion: string | undefined;
  #measured: Measured | undefined;
  /** Measurements that looked too early, in a row, and in which families the last one did. */
  #early: { readonly times: number; readonly families: readonly MeasuredFamily[] } = notEarly;
  #failure: string | undefined;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  /**
   * What was measured for the node as it is configured now; what was known before counts until there is something, and for as long as what
   * there is looks too early.
   */
  resultFor(intent: NodeIntent | undefined, earlier: Measured | undefined): Measured | undefined {
    const measured = this.#occasion === measuringPlace(intent).occasion ? this.#measured : undefined;
    if (measured === undefined || earlier === undefined) return measured ?? earlier;
    if (this.#early.times >= believedTimes) return measured;
    return { ...measured, ...Object.fromEntries(this.#early.families.map((family) => [family, earlier[family]])) };
  }

  /** What is still measured again, in words; undefined where all has been measured, or is believed. */
  get doubt(): string | undefined {
    const { times, families } = this.#early;
    if (families.length === 0 || times >= believedTimes) return undefined;
    return `measuring again how it is reached: nothing was heard over ${families.map((family) => familyNames[family]).join(" and ")}`;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether `start` would begin something. */
  isDue(intent: NodeIntent | undefined): boolean {
    return this.#occasion !== measuringPlace(intent).occasion;
  }

  /** Begins, unless it has been begun for this configuration; the namespace must be there. */
  start(intent: NodeIntent | undefined): void {
    const { namespace, occasion } = measuringPlace(intent);
    if (this.#occasion === occasion) return;
    this.#occasion = occasion;
    this.#measured = undefined;
    this.#early = notEarly;
    void this.#repeat(intent, namespace, occasion);
  }

  async #repeat(intent: NodeIntent | undefined, namespace: string, occasion: string): Promise<void> {
    const backOff = createBackOff(again, this.#parts.random);
    for (;;) {
      let settled = false;
      try {
        const measured = await this.#parts.measure(namespace);
        if (this.#occasion !== occasion) return;
        this.#measured = measured;
        this.#failure = undefined;
        const families = earlyFamilies(intent, measured, this.#parts.asked);
        settled = families.length === 0;
        this.#early = settled ? notEarly : { times: this.#early.times + 1, families };
      } catch (error) {
        if (this.#occasion !== occasion) return;
        this.#failure = textOf(error);
      }
      this.#parts.onResult();
      if (settled) return;
      await this.#parts.clock.pause(backOff.next());
      if (this.#occasion !== occasion) return;
    }
  }
}

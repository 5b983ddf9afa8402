/** When reachability is measured: once per public configuration, and again only where the first time may have been too early. */
import type { Clock } from "../common/index.ts";
import type { NodeIntent } from "../intents/index.ts";
import { createBackOff } from "../store/index.ts";
import { looksEarly, measuringPlace } from "./own-part.ts";
import type { Measured } from "./reachability.ts";
import { textOf } from "./text-of.ts";

export interface MeasuringParts {
  /** Throws when nothing could be measured. */
  readonly measure: (namespace: string) => Promise<Measured>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onResult: () => void;
}

const again = { firstMs: 100, longestMs: 10_000 };

export class Measuring {
  readonly #parts: MeasuringParts;
  #occasion: string | undefined;
  #measured: Measured | undefined;
  #failure: string | undefined;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  /** What was measured for the node as it is configured now. */
  resultFor(intent: NodeIntent | undefined): Measured | undefined {
    return this.#occasion === measuringPlace(intent).occasion ? this.#measured : undefined;
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
        settled = !looksEarly(intent, measured);
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

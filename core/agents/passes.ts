/** One pass after the other, for as long as there is reason for one. */

/** Begins with a pass; what is asked for during one makes one more. */
export class Passes {
  #isDue = true;
  #wake: () => void = () => {};

  /** Whether one more is asked for already. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Something may have changed: one more pass. */
  ask(): void {
    this.#isDue = true;
    this.#wake();
  }

  /** Runs until the signal aborts; a pass that has begun is finished. */
  async run(pass: () => Promise<void>, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      if (!this.#isDue) {
        const woken = Promise.withResolvers<void>();
        this.#wake = woken.resolve;
        await woken.promise;
        continue;
      }
      this.#isDue = false;
      await pass();
    }
  }
}

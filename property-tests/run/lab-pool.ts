/**
 * How many labs there are at once, and which of them waits for whom: at most so many, and none more while memory is short. Labs that are
 * given back wait for a scenario that they fit; the one that has waited longest makes room for others. Who needs a quiet machine has it alone.
 * Knows nothing of labs but their key.
 */
export interface PoolOptions<Lab> {
  /** Labs at once, those that wait included. */
  readonly most: number;
  /** Whether there is memory for one more; the only lab needs none to spare. */
  readonly hasRoom: () => boolean;
  readonly close: (lab: Lab) => Promise<void>;
}

export class LabPool<Lab> {
  readonly #options: PoolOptions<Lab>;
  /** From the one that has waited longest. */
  readonly #idle: { readonly key: string; readonly lab: Lab }[] = [];
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;
  /** Whether somebody has the machine alone, or waits until those who are at it have gone: nobody else begins. */
  #alone: "nobody" | "waits" | "has" = "nobody";

  constructor(options: PoolOptions<Lab>) {
    this.#options = options;
  }

  /** Waits for a place; gives a lab of that key, or undefined where one may be opened. `give` or `drop` ends the use of either. */
  async take(key: string | undefined): Promise<Lab | undefined> {
    for (;;) {
      if (this.#alone !== "nobody") {
        await this.#change();
        continue;
      }
      const fitting = this.#idle.findIndex((one) => one.key === key);
      if (fitting >= 0) {
        this.#inUse += 1;
        return this.#idle.splice(fitting, 1)[0]?.lab;
      }
      const alive = this.#inUse + this.#idle.length;
      if (alive === 0 || (alive < this.#options.most && this.#options.hasRoom())) {
        this.#inUse += 1;
        return undefined;
      }
      const oldest = this.#idle.shift();
      if (oldest === undefined) await this.#change();
      // Until it is gone it takes its room.
      else await this.#closing(oldest.lab);
    }
  }

  /** Waits until no lab is up; one may be opened then, and no other until `drop`. */
  async takeAlone(): Promise<undefined> {
    while (this.#alone !== "nobody") await this.#change();
    this.#alone = "waits";
    try {
      while (this.#inUse > 0 || this.#idle.length > 0) {
        if (this.#idle.length > 0) await this.close();
        else await this.#change();
      }
    } catch (error) {
      // A lab that does not end keeps nobody else from going on.
      this.#alone = "nobody";
      this.#wake();
      throw error;
    }
    this.#alone = "has";
    this.#inUse = 1;
  }

  /** The lab waits for the next scenario that it fits. */
  give(key: string, lab: Lab): void {
    this.#inUse -= 1;
    this.#idle.push({ key, lab });
    this.#wake();
  }

  /** Its place is free: the lab is gone, or never came to be. */
  drop(): void {
    this.#inUse -= 1;
    if (this.#alone === "has") this.#alone = "nobody";
    this.#wake();
  }

  /** Ends those that wait; those in use are their users' to end. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(async ({ lab }) => await this.#closing(lab)));
  }

  async #closing(lab: Lab): Promise<void> {
    this.#inUse += 1;
    try {
      await this.#options.close(lab);
    } finally {
      this.drop();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

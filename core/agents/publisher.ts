/** Brings the newest value of a key into the store and keeps trying; older values that never got there are dropped. */
import type { Clock } from "../common/index.ts";
import { StoreError, type BackOff } from "../store/index.ts";

export interface Publisher {
  /** What the store is to hold; undefined: the key is to be gone. */
  set(value: string | undefined): void;
  /** What the store holds as of a revision, as a watch says; older news than the last is ignored. */
  seen(value: string | undefined, revision: number): void;
  /** What the store holds after nothing that was known of it counts any more. */
  restart(value: string | undefined, revision: number): void;
  /** What the store holds as far as is known. */
  readonly published: string | undefined;
}

export interface PublisherParts {
  /** Writes, or deletes for undefined; answers the revision. */
  readonly write: (value: string | undefined) => Promise<number>;
  readonly clock: Clock;
  readonly backOff: BackOff;
  /** Milliseconds in which further values may take a value's place before it is written; 0 writes at once. */
  readonly gatherMs: number;
  readonly onPublished: () => void;
  readonly onFailure: (message: string) => void;
}

export function createPublisher(parts: PublisherParts): Publisher {
  let isAsked = false;
  let wanted: string | undefined;
  let held: { readonly value: string | undefined; readonly revision: number } = { value: undefined, revision: 0 };
  /** Counts restarts: the answer to a write from before one says nothing of what is there after it. */
  let life = 0;
  let writing = false;

  const bringAbout = async (): Promise<void> => {
    if (writing) return;
    writing = true;
    try {
      while (isAsked && wanted !== held.value) {
        if (parts.gatherMs > 0) await parts.clock.pause(parts.gatherMs);
        const value = wanted;
        const began = life;
        try {
          const revision = await parts.write(value);
          parts.backOff.reset();
          if (began === life && revision >= held.revision) held = { value, revision };
          // A later revision was seen meanwhile: somebody else's write, which ours did not outlive, or the store has gone back.
          else await parts.clock.pause(parts.backOff.next());
          parts.onPublished();
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          parts.onFailure(error.message);
          await parts.clock.pause(parts.backOff.next());
        }
      }
    } finally {
      writing = false;
    }
  };

  return {
    set(value) {
      isAsked = true;
      wanted = value;
      void bringAbout();
    },
    seen(value, revision) {
      if (revision < held.revision) return;
      held = { value, revision };
      void bringAbout();
    },
    restart(value, revision) {
      life += 1;
      held = { value, revision };
      void bringAbout();
    },
    get published() {
      return held.value;
    },
  };
}

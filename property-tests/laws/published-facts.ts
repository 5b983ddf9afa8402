/** What nodes publish, as the store holds it now. */
import { emulatedNodes } from "../../core/farm/index.ts";
import { factsPrefix, intentKeys } from "../../core/store/index.ts";
import type { StoreEntry } from "../../core/store/index.ts";
import type { Session } from "../run/session.ts";
import { leftAtLast } from "./left-at-last.ts";

/**
 * How long nodes may take to publish again what they published. That the store ended may not have come through: the kernel asks after 5 s of
 * silence, and 15 s if nobody answers it; a call that gets no answer then takes 5 s more.
 */
export const publishing = { waitMs: 30_000, everyMs: 20 };

/** Each with the revision at which it was written. */
export const publishedFacts = async ({ store }: Session): Promise<readonly StoreEntry[]> => (await store.range(factsPrefix)).entries;

/** Texts by key, of nodes that the lab has: no agent looks after what stands there for another. */
export async function publishedTexts(session: Session): Promise<ReadonlyMap<string, string>> {
  const live = new Set(emulatedNodes(session.farm).map(({ name }) => intentKeys.facts(name)));
  const published = await publishedFacts(session);
  return new Map(published.filter(({ key }) => live.has(key)).map(({ key, value }) => [key, value]));
}

/** What one node publishes. */
export const publishedText = async (session: Session, node: string): Promise<string | undefined> =>
  (await publishedTexts(session)).get(intentKeys.facts(node));

type Fields = Readonly<Record<string, unknown>>;
const shown = (field: unknown): string => (field === undefined ? "nothing" : JSON.stringify(field));

/** What of a key's text is another one now, by its fields, as `has endpoints {} instead of {"ipv4":"192.0.2.1"}`. */
export function difference(now: string | undefined, before: string): string {
  if (now === undefined) return "is not there";
  if (now === before) return "was written anew, as it was";
  const [is, was] = [now, before].map((text) => JSON.parse(text) as Fields) as [Fields, Fields];
  const fields = [...new Set([...Object.keys(is), ...Object.keys(was)])].filter((name) => shown(is[name]) !== shown(was[name]));
  return `has ${fields.map((name) => `${name} ${shown(is[name])} instead of ${shown(was[name])}`).join(", ")}`;
}

/** Until the store holds these texts again; what it holds in their place where it does not in time, as `KEY is not there`. */
export const notPublishedAgain = async (session: Session, texts: ReadonlyMap<string, string>): Promise<readonly string[]> =>
  await leftAtLast(session, publishing, async () => {
    const now = await publishedTexts(session);
    return [...texts].flatMap(([key, text]) => (now.get(key) === text ? [] : [`${key} ${difference(now.get(key), text)}`]));
  });

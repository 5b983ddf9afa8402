/** Opens a farm of `topologies/` for tests that do things to its lab. */
import { readFileSync } from "node:fs";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { openSession } from "../run/open-session.ts";
import type { OpenSession } from "../run/open-session.ts";

/** `name` without its ending; `edit` changes the file's text first. */
export async function openFarm(name: string, edit = (text: string): string => text): Promise<OpenSession> {
  const file = new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
  const text = edit(readFileSync(file, "utf8"));
  const { farm } = expectValue(loadFarm(text, file));
  return await openSession({
    ...{ file, text, farm, intents: expectValue(intentsOf(farm)), seed: 42, backend: "netns", image: "built", patches: [] },
    ...{ signal: new AbortController().signal, onStep: () => undefined },
  });
}

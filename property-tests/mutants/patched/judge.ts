/** Judges one farm with the sources of this process, patched or not: the derivation's laws at once, the others in a lab. */
import { createHash } from "node:crypto";
import { failure, success } from "../../../core/common/index.ts";
import type { Outcome } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import { intentsOf } from "../../../core/intents/index.ts";
import { agentSources, ensureBundle } from "../../../emulator/image/index.ts";
import type { SourcePatch } from "../../../emulator/image/index.ts";
import type { LawResult } from "../../../reports/index.ts";
import { compileFarm } from "../../../topologies/index.ts";
import { pureProperties } from "../../laws/index.ts";
import { outcomeOf } from "../../laws/law.ts";
import type { Property } from "../../laws/law.ts";
import { judgePure, runFarms, selectProperties } from "../../run/index.ts";
import type { FarmToRun } from "../../run/index.ts";
import type { JudgeEnd, JudgeRequest } from "./protocol.ts";

/** A farm file's text as a farm to run; a failure where the file or its intents are refused. */
export function farmToRun(text: string, file: string): Outcome<FarmToRun> {
  const loaded = loadFarm(text, file);
  if (!loaded.ok) return loaded;
  const { farm } = loaded.value;
  const intents = intentsOf(farm);
  return intents.ok ? success({ file, text, farm, intents: intents.value }) : failure(...intents.problems);
}

/** A hash of all that a farm's lab is made of besides its seed. Throws a BuildError where the agent does not bundle. */
export async function labMark({ farm, intents }: FarmToRun, patches: readonly SourcePatch[]): Promise<string> {
  const own = await agentSources();
  const agent = await ensureBundle(patches.filter(({ file }) => own.has(file)));
  const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);
  const text = JSON.stringify([farm, intents, compileFarm(farm, { seed: 0 }), agent], plain);
  return createHash("sha256").update(text).digest("hex");
}

/** Rooms that reach a lab only by what the mark is of. */
const isMarked = ({ file }: SourcePatch): boolean => /^core\/(farm|derive|allocate|intents|plan|check)\//.test(file);

/** A law that is broken has seen the fault: what else belongs to it would only wait for what does not come. */
const untilBroken = (property: Property, isBroken: (law: string) => boolean): Property => ({
  ...property,
  run: async (session) =>
    isBroken(property.law) ? outcomeOf(0, [], { nothing: `${property.law} is broken already` }) : await property.run(session),
});

export async function judgePatched(request: JudgeRequest, tell: (result: LawResult) => void): Promise<JudgeEnd> {
  const { file, text, seed, patches, enough } = request;
  const failed = new Set<string>();
  const told = new Set<string>();
  const shown = new AbortController();
  const onResult = (result: LawResult): void => {
    if (told.has(result.property)) return;
    told.add(result.property);
    if (result.verdict === "failed") failed.add(result.law);
    tell(result);
    if (enough?.every((law) => failed.has(law)) === true) shown.abort();
  };
  const given = farmToRun(text, file);
  if (!given.ok) {
    const errors = given.problems.filter(({ severity }) => severity === "error");
    return { kind: "refused", why: errors.map(({ message }) => message).join("; ") };
  }
  const chosen = selectProperties(request.laws);
  const pure = pureProperties.filter((property) => chosen.includes(property));
  for (const property of pure) for (const result of await judgePure(given.value, [property], seed)) onResult(result);

  const inLab = chosen.filter((property) => !pure.some((one) => one === property));
  if (inLab.length === 0 || shown.signal.aborted) return { kind: "ended", ran: "pure" };
  if (patches.every(isMarked) && (await labMark(given.value, patches)) === request.labMark) return { kind: "ended", ran: "pure" };
  const own = await agentSources();
  const properties = inLab.map((property) => untilBroken(property, (law) => failed.has(law)));
  try {
    await runFarms([given.value], {
      ...{ properties, seed, backend: "netns", jobs: 1, version: "mutant", patches: patches.filter((patch) => own.has(patch.file)) },
      signal: shown.signal,
      endsOnceBroken: enough?.length === 1,
      onJudged: onResult,
      // Of a lab that did not come up nothing falls.
      onEvent: (event) => {
        if (event.kind === "law-judged") onResult(event.result);
      },
    });
  } catch (error) {
    // What else was under way would show nothing more.
    if (!shown.signal.aborted) throw error;
  }
  return { kind: "ended", ran: "lab" };
}

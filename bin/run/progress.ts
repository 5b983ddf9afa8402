/** How far a run is, to standard error: one line that changes on a terminal, else a line per farm's step and per broken law. */
import type { OnEvent, RunEvent } from "../../property-tests/run/index.ts";

export function progress(quiet: boolean): OnEvent {
  if (quiet) return () => undefined;
  return process.stderr.isTTY ? terminalProgress() : plainProgress();
}

/** Takes the line of a terminal away, before what comes after it. */
export function clearProgress(quiet: boolean): void {
  if (process.stderr.isTTY && !quiet) process.stderr.write("\r\u001b[K");
}

/** Plain lines of a search that goes well come no closer than this. */
const plainEveryMs = 5000;

function plainProgress(): OnEvent {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const search = searchText();
  let saidMs = performance.now();
  return (event) => {
    if (event.kind === "scenario-judged") {
      const text = search(event);
      if (event.verdict !== "passed") say(troubleText(event));
      if (performance.now() - saidMs < plainEveryMs) return;
      saidMs = performance.now();
      say(text);
    }
    if (event.kind === "farm-started") say(`${event.farm}: coming up, ${event.properties} properties to judge`);
    if (event.kind === "farm-ready") say(`${event.farm}: every agent ready after ${(event.readyMs / 1000).toFixed(2)} s`);
    if (event.kind === "law-judged" && event.result.verdict !== "passed")
      say(`${event.farm}: ${event.result.verdict}: ${event.result.property}`);
    if (event.kind === "farm-ended") say(`${event.farm}: done after ${(event.durationMs / 1000).toFixed(1)} s`);
  };
}

type ScenarioJudged = Extract<RunEvent, { kind: "scenario-judged" }>;

/** What a scenario of a search broke, as soon as it has: its report comes only at the end, which may be far, and never where the search is interrupted. */
function troubleText({ farm, verdict, seed, troubles, reproduce }: ScenarioJudged): string {
  const again = reproduce === null ? [] : [`again: ${reproduce}`];
  return [`${farm}: ${verdict}: a scenario with seed ${seed}`, ...troubles, ...again].join("\n  ");
}

/** How far a search is, after each of its scenarios. */
function searchText(): (event: ScenarioJudged) => string {
  const beganMs = performance.now();
  const covered = new Set<string>();
  let broken = 0;
  return ({ verdict, count, coverage }) => {
    if (verdict === "failed" || verdict === "flaky") broken += 1;
    for (const key of coverage) covered.add(key);
    const rate = (count * 1000) / (performance.now() - beganMs);
    return `${count} scenarios, ${rate.toFixed(1)} a second, ${covered.size} things seen in kernels${broken === 0 ? "" : `, ${broken} broken`}`;
  };
}

function terminalProgress(): OnEvent {
  const search = searchText();
  const total = new Map<string, number>();
  const done = new Map<string, number>();
  return (event) => {
    if (event.kind === "farm-started") total.set(event.farm, event.properties);
    if (event.kind === "law-judged") done.set(event.farm, (done.get(event.farm) ?? 0) + 1);
    if (event.kind === "farm-ended") total.delete(event.farm);
    if (event.kind === "scenario-judged") {
      const trouble = event.verdict === "passed" ? "" : `${troubleText(event)}\n`;
      process.stderr.write(`\r\u001b[K${trouble}${search(event)}`);
      return;
    }
    const step = event.kind === "farm-step" ? ` ${event.step}` : "";
    const farms = [...total].map(([farm, count]) => `${farm} ${done.get(farm) ?? 0}/${count}`).join(", ");
    process.stderr.write(`\r\u001b[K${`${farms}${step}`.slice(0, (process.stderr.columns || 80) - 1)}`);
  };
}

/** JUnit XML for CI systems: one testsuite per farm, one testcase per property. */
import type { FarmResult, LawResult, RunResult } from "./result.ts";
import type { Reporter } from "./reporter.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;" };

/** Text for an attribute or an element: characters that XML 1.0 (section 2.2) does not have are left out. */
function escapeXml(text: string): string {
  const legal = Array.from(text)
    .filter((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code === 0x9 || code === 0xa || code === 0xd) return true;
      return code >= 0x20 && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
    })
    .join("");
  return legal.replace(/[&<>"\n\t]/g, (character) => entities[character] ?? "").replace(/\r/g, "&#13;");
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join("");
}

function outcomeOf(law: LawResult): string {
  const why = law.why ?? "no reason given";
  switch (law.verdict) {
    case "passed":
      return "";
    case "failed":
    case "flaky":
      return `<failure${attributes({ type: law.verdict, message: why.split("\n")[0] ?? "" })}>${escapeXml(why)}</failure>`;
    case "skipped":
      return `<skipped${attributes({ message: law.needs.length > 0 ? `needs ${law.needs.join(", ")}` : why })}/>`;
    case "unknown":
      return `<error${attributes({ type: "unknown", message: why.split("\n")[0] ?? "" })}>${escapeXml(why)}</error>`;
  }
}

function testcase(farm: FarmResult, law: LawResult): string {
  const opening = `    <testcase${attributes({ classname: `${farm.farm}.${law.law}`, name: law.property, assertions: law.runs })}`;
  const outcome = outcomeOf(law);
  return outcome === "" ? `${opening}/>` : `${opening}>\n      ${outcome}\n    </testcase>`;
}

const count = (laws: readonly LawResult[], ...verdicts: LawResult["verdict"][]): number =>
  laws.filter((law) => verdicts.includes(law.verdict)).length;

function totals(laws: readonly LawResult[]): Record<string, number> {
  return { tests: laws.length, failures: count(laws, "failed", "flaky"), errors: count(laws, "unknown"), skipped: count(laws, "skipped") };
}

function testsuite(farm: FarmResult, seed: number): string {
  return [
    `  <testsuite${attributes({ name: farm.farm, ...totals(farm.laws) })}>`,
    "    <properties>",
    `      <property${attributes({ name: "seed", value: seed })}/>`,
    `      <property${attributes({ name: "backend", value: farm.backend })}/>`,
    "    </properties>",
    ...farm.laws.map((law) => testcase(farm, law)),
    "  </testsuite>",
  ].join("\n");
}

export const junitReporter: Reporter = {
  name: "junit",
  report(result: RunResult) {
    const laws = result.results.flatMap((farm) => farm.laws);
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites${attributes({ name: "farmlab", ...totals(laws), time: (result.durationMs / 1000).toFixed(3) })}>`,
      ...result.results.map((farm) => testsuite(farm, result.seed)),
      "</testsuites>",
      "",
    ].join("\n");
  },
};

/** nft rules in nft's own words, with their handles and what they have counted: of `nft -a list ruleset`. */

export interface CountedRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: string;
  /** Without counter and handle. */
  readonly words: string;
  /** `farmlab/forward: ct state invalid drop`. */
  readonly text: string;
  /** 0 for one that has no counter. */
  readonly packets: number;
}

const block = /^(table|chain|set|map|flowtable|ct \w+) (.*?) ?\{/;

/** A rule ends with its handle and may take several lines, as with long sets. */
export function readRuleWords(text: string): CountedRule[] {
  const rules: CountedRule[] = [];
  let [family, table] = ["", ""];
  let chain: string | undefined;
  let waiting = "";
  for (const line of text.split("\n").map((one) => one.trim())) {
    const [, kind, name = ""] = waiting === "" ? (block.exec(line) ?? []) : [];
    if (kind !== undefined) {
      if (kind === "table") [family = "", table = ""] = name.split(" ");
      chain = kind === "chain" ? name : undefined;
      continue;
    }
    if (chain === undefined || line === "" || line === "}" || /^(type|policy|comment) /.test(line)) {
      waiting = "";
      continue;
    }
    const [, said, handle] = /^(.*) # handle (\d+)$/.exec(line) ?? [];
    if (handle === undefined) {
      waiting = `${waiting}${line} `;
      continue;
    }
    const whole = `${waiting}${said ?? ""}`;
    waiting = "";
    const packets = Number(/\bcounter packets (\d+) bytes \d+/.exec(whole)?.[1] ?? 0);
    const words = whole.replaceAll(/\bcounter packets \d+ bytes \d+ ?/g, "").trim();
    rules.push({ family, table, chain, handle, words, text: `${table}/${chain}: ${words}`, packets });
  }
  return rules;
}

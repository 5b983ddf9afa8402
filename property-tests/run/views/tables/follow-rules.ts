/** What the rules of one hook do to a packet: the verdict, the rule that gave it, and addresses that were translated. */
import { parseAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import { matches, type AtHook } from "./match-rule.ts";
import type { Packet } from "./packet.ts";
import type { Chain, Expression, Hook, Rule } from "./ruleset.ts";

export interface HookResult {
  readonly verdict: "accept" | "drop" | "reject";
  /** The rules that it fell under, in their order, and the policy where that decided, in nft's words. */
  readonly rules: readonly string[];
  readonly packet: Packet;
  readonly isDestinationTranslated: boolean;
  /** Rules that would decide, of which it cannot be told whether it falls under them. */
  readonly doubts: readonly string[];
}

/** Chains in chains, at most: the kernel allows no more than 16. */
const depthMax = 16;

type ChainEnd = "accept" | "drop" | "reject" | "translated" | "return";

interface Passing {
  at: AtHook;
  rules: string[];
  doubts: string[];
}

const decides = (expressions: readonly Expression[]): boolean =>
  expressions.some((expression) =>
    ["accept", "drop", "reject", "jump", "goto", "dnat", "snat", "masquerade", "redirect", "vmap"].some((verb) => verb in expression),
  );

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;

/** The packet after `snat`, `dnat`, `masquerade` or `redirect`; undefined where it depends on what cannot be told. */
function translated(verb: string, given: unknown, at: AtHook): Packet | undefined {
  const { packet } = at;
  const own = (link: AtHook["in"]): Address | undefined => link?.addresses.find((address) => address.family === packet.source.family);
  const to = verb === "masquerade" ? own(at.out) : verb === "redirect" ? own(at.in) : field(given, "addr");
  const address =
    typeof to === "string" ? parseAddress(to) : typeof to === "object" && to !== null && "family" in to ? (to as Address) : undefined;
  if (address === undefined || address.family !== packet.source.family) return undefined;
  const port = field(given, "port");
  if (port !== undefined && typeof port !== "number") return undefined;
  if (verb === "dnat" || verb === "redirect") {
    return { ...packet, destination: address, destinationPort: port ?? packet.destinationPort };
  }
  return { ...packet, source: address, sourcePort: port ?? packet.sourcePort };
}

/** Whether a rule's matches all hold. */
function fits({ expressions }: Rule, at: AtHook): boolean | undefined {
  const results = expressions.filter((expression) => "match" in expression).map((expression) => matches(expression, at));
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

function followChain(chain: Chain, all: readonly Chain[], passing: Passing, depth: number): ChainEnd {
  for (const rule of chain.rules) {
    const holds = fits(rule, passing.at);
    if (holds === undefined && decides(rule.expressions)) passing.doubts.push(rule.text);
    if (holds !== true) continue;
    if (decides(rule.expressions)) passing.rules.push(rule.text);
    for (const expression of rule.expressions) {
      if ("accept" in expression) return "accept";
      if ("drop" in expression) return "drop";
      if ("reject" in expression) return "reject";
      if ("return" in expression) return "return";
      if ("vmap" in expression) passing.doubts.push(rule.text);
      for (const verb of ["dnat", "snat", "masquerade", "redirect"]) {
        if (!(verb in expression)) continue;
        const packet = translated(verb, expression[verb], passing.at);
        if (packet === undefined) passing.doubts.push(rule.text);
        else passing.at = { ...passing.at, packet, isDestinationTranslated: passing.at.isDestinationTranslated || verb === "dnat" };
        return "translated";
      }
      const target = field(expression["jump"] ?? expression["goto"], "target");
      const next = all.find((one) => one.name === target && one.table === chain.table && one.family === chain.family);
      if (next === undefined || depth === depthMax) continue;
      const end = followChain(next, all, passing, depth + 1);
      if (end !== "return") return end;
      if ("goto" in expression) return "return";
    }
  }
  return "return";
}

const isOfFamily = (chain: Chain, family: 4 | 6): boolean => chain.family === "inet" || chain.family === (family === 4 ? "ip" : "ip6");

/** All base chains of a hook with priorities within bounds, in their order. Translations are for a flow's first packet alone. */
export function followRules(
  chains: readonly Chain[],
  hook: Hook,
  at: AtHook,
  isWithin: (priority: number) => boolean = () => true,
): HookResult {
  const passing: Passing = { at, rules: [], doubts: [] };
  const { family } = at.packet.source;
  const result = (verdict: HookResult["verdict"]): HookResult => ({
    ...{ verdict, rules: passing.rules, doubts: passing.doubts },
    ...{ packet: passing.at.packet, isDestinationTranslated: passing.at.isDestinationTranslated },
  });
  const bases = chains
    .flatMap((chain) => (chain.base?.hook === hook && isWithin(chain.base.priority) ? [{ chain, base: chain.base }] : []))
    .filter(({ chain, base }) => isOfFamily(chain, family) && (base.type !== "nat" || at.state === "new"))
    .toSorted((one, other) => one.base.priority - other.base.priority);
  for (const { chain, base } of bases) {
    const end = followChain(chain, chains, passing, 0);
    if (end === "drop" || end === "reject") return result(end);
    if (end !== "return" || base.policy !== "drop") continue;
    passing.rules.push(`${chain.table}/${chain.name}: policy drop`);
    return result("drop");
  }
  return result("accept");
}

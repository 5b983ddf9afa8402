/** EX-6: what `farmlab plan --for upstream` prints is what the router above has to hold, in every language. */
import { formatAddress, formatPrefix, parseAddress, parsePrefix, sameAddress, samePrefix } from "../../core/common/index.ts";
import type { Address, Prefix } from "../../core/common/index.ts";
import { dialects, planUpstream } from "../../core/plan/index.ts";
import type { Dialect, NextHopKind } from "../../core/plan/index.ts";
import { expectedUpstreams } from "../oracle/index.ts";
import type { ExpectedUpstream } from "../oracle/index.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

/** What a line says, read as that language's manual reads it: destination, next hop, the interface of a link-local one. */
interface Typed {
  readonly to: string;
  readonly via?: string;
  readonly link?: string;
}

interface Grammar {
  readonly routes: RegExp;
  readonly ends: RegExp;
  readonly addresses: RegExp;
  /** What of its own else would not forward. */
  readonly forwards: RegExp;
}

const grammars: Readonly<Record<Dialect, Grammar>> = {
  linux: {
    routes: /^ip -6 route replace (?<to>\S+) via (?<via>\S+)(?: dev (?<link>\S+))?$/,
    ends: /^ip -6 route replace unreachable (?<to>\S+)$/,
    addresses: /^ip address replace (?<to>\S+) dev (?<link>\S+)$/,
    forwards: /^sysctl -q -w net\.ipv6\.conf\.all\.forwarding=1$/,
  },
  frr: {
    routes: /^ipv6 route (?<to>\S+) (?<via>[0-9a-f:]+)(?: (?<link>\S+))?$/,
    ends: /^ipv6 route (?<to>\S+) reject$/,
    addresses: /^ ipv?6? address (?<to>\S+)$/,
    forwards: /^ipv6 forwarding$/,
  },
  routeros: {
    routes: /^\/ipv6 route add dst-address=(?<to>\S+) gateway=(?<via>[0-9a-f:]+)(?:%(?<link>\S+))?$/,
    ends: /^\/ipv6 route add dst-address=(?<to>\S+) blackhole$/,
    addresses: /^\/ipv?6? address add address=(?<to>\S+) interface=(?<link>\S+)(?: advertise=no(?: auto-link-local=no)?)?$/,
    forwards: /^\/ipv6 settings set forward=yes$/,
  },
  ios: {
    routes: /^ipv6 route (?<to>\S+)(?: (?<link>[a-z]+[0-9/]+))? (?<via>[0-9a-f:]+)$/,
    ends: /^ipv6 route (?<to>\S+) Null0$/,
    addresses: /^ ipv6 address (?<to>\S+)(?: link-local)?$/,
    forwards: /^ipv6 unicast-routing$/,
  },
};

/** Of Linux and FRR usual, and fitting in the others. */
const link = "port1";
const nextHops: readonly NextHopKind[] = ["link-local", "prefix-zero"];

const linesLike = (lines: readonly string[], pattern: RegExp): Typed[] =>
  lines.flatMap((line) => {
    const groups = pattern.exec(line)?.groups;
    return groups === undefined ? [] : [{ to: groups["to"] ?? "", ...groups } satisfies Typed];
  });

const isPrefix = (text: string, wanted: Prefix): boolean => {
  const prefix = parsePrefix(text);
  return prefix !== undefined && samePrefix(prefix, wanted);
};

const isAddress = (text: string, wanted: Address): boolean => {
  const address = parseAddress(text);
  return address !== undefined && sameAddress(address, wanted);
};

/** What is wrong with lines that are to make the router what is expected of it. */
function judgeLines(expected: ExpectedUpstream, dialect: Dialect, nextHop: NextHopKind, lines: readonly string[]): string[] {
  const grammar = grammars[dialect];
  const stories: string[] = [];
  const routes = linesLike(lines, grammar.routes);
  for (const { prefix, via } of expected.parts) {
    const [linkLocal, inPrefixZero] = via;
    const wanted = nextHop === "link-local" ? linkLocal : inPrefixZero;
    const found = routes.filter(({ to }) => isPrefix(to, prefix));
    const [route] = found;
    const isRight =
      found.length === 1 &&
      wanted !== undefined &&
      isAddress(route?.via ?? "", wanted) &&
      route?.link === (nextHop === "link-local" ? link : undefined);
    const ways = wanted === undefined ? "" : formatAddress(wanted);
    if (!isRight)
      stories.push(
        `${found.length} lines route ${formatPrefix(prefix)} via ${ways}; expected: one, with its interface where it is link-local`,
      );
  }
  if (routes.length > expected.parts.length)
    stories.push(`${routes.length} lines route something; expected: one per exit node, which are ${expected.parts.length}`);
  const ends = linesLike(lines, grammar.ends);
  for (const allocation of expected.allocations) {
    if (ends.filter(({ to }) => isPrefix(to, allocation)).length !== 1)
      stories.push(`no line, or more than one, makes ${formatPrefix(allocation)} unreachable; expected: one`);
  }
  if (ends.length > expected.allocations.length) stories.push(`${ends.length} lines make something unreachable; expected: the /48 alone`);
  const addresses = linesLike(lines, grammar.addresses);
  const has = (wanted: Prefix): boolean => addresses.some(({ to }) => isPrefix(to, wanted) || isAddress(to, wanted.address));
  if (!has(expected.upstream.ipv6))
    stories.push(`no line gives it ${formatPrefix(expected.upstream.ipv6)}; expected: its address in PrefixZero`);
  if (!addresses.some(({ to }) => /^fe80::1(\/64)?$/.test(to)))
    stories.push("no line gives it fe80::1; expected: the gateways' default routes lead there");
  if (!lines.some((line) => grammar.forwards.test(line))) stories.push("no line makes it forward IPv6; expected: it is a router");
  const strangers = lines.filter((line) => /::\/0|0\.0\.0\.0\/0|default /.test(line) && !/^[!#]/.test(line));
  return [...stories, ...strangers.map((line) => `it touches the default route: ${line}; expected: left alone`)].map(
    (story) => `router ${expected.upstream.name} in ${dialect}, next hop ${nextHop}: ${story} (EX-6)`,
  );
}

async function printed({ world, farm }: PureSubject): Promise<PropertyOutcome> {
  const asked = expectedUpstreams(world).flatMap((expected) =>
    (Object.keys(dialects) as Dialect[]).flatMap((dialect) => nextHops.map((nextHop) => ({ expected, dialect, nextHop }))),
  );
  const stories = asked.flatMap(({ expected, dialect, nextHop }) => {
    const plan = planUpstream(farm, expected.upstream, { interface: link, nextHop });
    if (plan === undefined) return [`nothing is printed for router ${expected.upstream.name}; expected: its configuration (EX-6)`];
    return judgeLines(expected, dialect, nextHop, dialects[dialect].lines(plan));
  });
  return Promise.resolve(outcomeOf(asked.length, stories, { nothing: "this farm has no upstream router" }));
}

export const configurationProperties: readonly PureProperty[] = [
  {
    law: "EX-6",
    name: "EX-6 the configuration printed for the upstream router says just what it has to hold, in every dialect",
    needs: [],
    run: printed,
  },
];

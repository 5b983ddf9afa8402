/**
 * Farms with one thing broken, for the laws about what is found before anything runs: the farm that is judged, and others drawn by its seed,
 * each made whole first, so that whatever is found afterwards is the one thing.
 */
import { LineCounter, isMap, isSeq, parseDocument } from "yaml";
import type { Node } from "yaml";
import { formatAddress, parsePrefix } from "../../core/common/index.ts";
import type { Prefix, Problem } from "../../core/common/index.ts";
import type { Path } from "../../core/common/reading/index.ts";
import { checkFarm } from "../../core/check/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import type { Farm, FarmFile } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { farms, sampleFarm } from "../generate/index.ts";
import type { PureSubject } from "./law.ts";

/** A document that can be written in. */
export type Draft<T> = T extends readonly (infer E)[] ? Draft<E>[] : T extends object ? { -readonly [K in keyof T]: Draft<T[K]> } : T;
export type DraftFarm = Draft<FarmFile>;

const drawnFarms = 2;

/** The farm of the file and some drawn ones, without what happens to them and what is expected of them. */
export function farmsToBreak({ text, file, seed }: PureSubject): FarmFile[] {
  const own = loadFarm(text, file);
  const drawn = Array.from({ length: drawnFarms }, (_, index) => sampleFarm(farms(), seed, index));
  return [...(own.ok ? [own.value.document] : []), ...drawn].map((document) => {
    const { timeline: _timeline, expectations: _expectations, conditions: _conditions, ...rest } = document;
    return rest;
  });
}

/** A document after an edit; the one before is left as it is. */
export function edited(document: FarmFile, edit: (draft: DraftFarm) => void): FarmFile {
  const draft = structuredClone(document) as DraftFarm;
  edit(draft);
  return draft;
}

export interface Found {
  readonly problems: readonly Problem[];
  /** The farm, where it has no error. */
  readonly farm?: Farm;
  /** Line of the key or entry at a path, counted from 1; of its nearest parent where it is not there. */
  readonly lineOf: (path: Path) => number;
}

/** Lines by the YAML library alone: not by what places are found with in the product. */
function lineFinder(text: string): (path: Path) => number {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  return (path) => {
    let node: unknown = document.contents;
    let at: Node | undefined;
    for (const step of path) {
      const pair = isMap(node) ? node.items.find((item) => String(item.key) === String(step)) : undefined;
      const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
      if (next === undefined) break;
      at = (pair?.key ?? next) as Node;
      node = next;
    }
    return counter.linePos(at?.range?.[0] ?? 0).line;
  };
}

/** Everything that farmlab says of a document before it runs: errors of loading, else what `check` finds and what its intents cannot be. */
export function foundIn(document: FarmFile): Found {
  const text = farmText(document);
  const lineOf = lineFinder(text);
  const loaded = loadFarm(text, "broken.farm.yml");
  if (!loaded.ok) return { problems: loaded.problems, lineOf };
  const { farm } = loaded.value;
  const intents = intentsOf(farm).problems.filter(({ severity }) => severity === "error");
  return { problems: [...loaded.problems, ...checkFarm(loaded.value), ...intents], farm, lineOf };
}

/** One thing broken, and what has to be found then: the code, at the line of the path, naming what is at fault. */
export interface Break {
  readonly what: string;
  readonly document: FarmFile;
  readonly code: string;
  readonly path: Path;
  /** Names that the message or its line has to hold. */
  readonly names?: readonly string[];
}

const told = ({ code, message, place }: Problem): string => `${code} at line ${place?.line ?? "?"} (${message})`;

/** What is wrong with what is found of a broken farm; `codes` are those of the law, of which no other may be found. */
export function judgeBreak(law: string, { what, document, code, path, names = [] }: Break, codes: readonly string[]): string[] {
  const { problems, lineOf } = foundIn(document);
  const line = lineOf(path);
  const ofLaw = problems.filter((problem) => codes.includes(problem.code));
  const found = ofLaw.filter((problem) => problem.code === code && problem.place?.line === line);
  const others = ofLaw.filter((problem) => problem.code !== code);
  const named = found.some(({ message, place }) => names.every((name) => `${message} ${place?.text ?? ""}`.includes(name)));
  const seen = ofLaw.length === 0 ? "nothing of it is found" : ofLaw.map(told).join(", ");
  if (found.length === 0)
    return [`farm ${document.farm} with ${what}: ${seen}; expected: ${code} at line ${line}, ${path.join(".")} (${law})`];
  if (!named) return [`farm ${document.farm} with ${what}: ${seen}; expected: it names ${names.join(" and ")} (${law})`];
  if (others.length > 0) return [`farm ${document.farm} with ${what}: ${seen}; expected: ${code} alone (${law})`];
  return [];
}

/** What is found of a farm in which nothing of the law is broken. */
export function judgeWhole(law: string, what: string, document: FarmFile, codes: readonly string[]): string[] {
  const { problems } = foundIn(document);
  const found = problems.filter(({ code, severity }) => severity === "error" || codes.includes(code));
  return found.length === 0 ? [] : [`farm ${document.farm} with ${what}: ${found.map(told).join(", ")}; expected: nothing found (${law})`];
}

/** A name that nothing in the farm has. */
export function freshName(document: FarmFile, wish: string): string {
  const taken = new Set([
    ...document.segments,
    ...[
      document.upstreams,
      document["home-routers"],
      document.carriers,
      document.nodes,
      document.networks,
      document.internet.hosts,
    ].flatMap((part) => Object.keys(part ?? {})),
  ]);
  let name = wish;
  for (let count = 2; taken.has(name); count += 1) name = `${wish}-${count}`;
  return name;
}

/** An address of PrefixZero that no generated or written farm uses: its host part is this number. */
export function inPrefixZero(prefix: Prefix, host: bigint): string {
  return formatAddress({ family: 6, value: prefix.address.value | host });
}

export const allocationPrefix = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is no prefix`);
  return prefix;
};

/** The allocation that an exit node or network is of: stated, or the only one. */
export const allocationNumberOf = (document: FarmFile, stated: number | undefined): number =>
  stated ?? document.allocations[0]?.number ?? 0;

/** Another allocation beside the farm's, with an exit node below a router of its own. */
export interface Beside {
  readonly document: FarmFile;
  readonly prefix: Prefix;
  readonly number: number;
  readonly exitNode: string;
}

const besidePrefix = allocationPrefix("2a0f:beef:77::/48");

/** The farm and beside it an allocation whose exit node has number `x`; everything that may leave its allocation out states it. */
export function withAllocationBeside(document: FarmFile, x: number): Beside {
  const number = [90, 91, 92, 93].find((one) => document.allocations.every((allocation) => allocation.number !== one)) ?? 94;
  const segment = freshName(document, "zero-beside");
  const router = freshName(document, "router-beside");
  const exitNode = freshName(document, "exit-beside");
  const host = (part: bigint): string => inPrefixZero(besidePrefix, part);
  const part = formatAddress({ family: 6, value: besidePrefix.address.value | (BigInt(x) << 76n) });
  const next = edited(document, (draft) => {
    for (const node of Object.values(draft.nodes)) {
      const exit = node["exit-node"];
      if (exit !== undefined) exit.allocation = allocationNumberOf(document, exit.allocation);
    }
    for (const network of Object.values(draft.networks ?? {})) network.allocation = allocationNumberOf(document, network.allocation);
    draft.allocations.push({ prefix: `${formatAddress(besidePrefix.address)}/48`, number });
    draft.segments.push(segment);
    draft.upstreams = {
      ...draft.upstreams,
      [router]: {
        ...{ segment, ipv6: `${host(1n)}/64`, wan6: "2001:db8:beef::1" },
        routes: [
          { to: `${part}/52`, via: `fe80::${x.toString(16)}000:0:0:1` },
          { to: `${formatAddress(besidePrefix.address)}/48`, unreachable: true },
        ],
      },
    };
    draft.nodes[exitNode] = {
      nics: { eth0: { segment, ipv6: `${host(2n)}/64` }, eth1: { segment } },
      public: { nic: "eth0", ipv6: `${host(3n)}/64` },
      "exit-node": { number: x, allocation: number, nic: "eth1" },
    };
  });
  return { document: next, prefix: besidePrefix, number, exitNode };
}

/** A /64 of an allocation, as text. */
export const subnetText = (allocation: Prefix, subnet: number): string =>
  `${formatAddress({ family: 6, value: allocation.address.value | (BigInt(subnet) << 64n) })}/64`;

/** Takes parts out of a document, with everything that cannot stay without them, so that what is left is a sound farm again. */
import { findingsOf } from "../../core/check/index.ts";
import { judgeDocument } from "../../core/farm/index.ts";
import type { Farm, FarmFile, Finding } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { partAround, removeParts, valueAt } from "./parts.ts";
import type { Part } from "./parts.ts";

/** More rounds than anything hangs on anything. */
const roundsMax = 30;

/** Errors about a key that the file could do without, where the rest of its entry is in order. */
const ofTheKeyAlone: readonly string[] = [
  ...["gateway-off-link", "gateway-without-address"],
  ...["segment-missing", "vxlan-without-family", "overlay-with-standby"],
];

/** What farmlab check finds of what has nothing to do any more once others have gone. */
const ofLeftovers: readonly string[] = ["node-unrouted", "idle-route"];

/** What has to go for a finding to go. A name that leads nowhere takes the whole entry along that says it. */
function partToBlame(document: FarmFile, { path, code, atKey }: Finding): Part | undefined {
  const isValue = typeof valueAt(document, path) !== "object" && typeof path.at(-1) === "string";
  const isAlone = !isValue || atKey === true || ofTheKeyAlone.includes(code) || path.at(-1) === "partner";
  return partAround(isAlone ? path : path.slice(0, -1));
}

/** Segments that nodes are plugged into. */
const usedSegments = (document: FarmFile): readonly string[] =>
  Object.values(document.nodes).flatMap((node) => Object.values(node.nics).map((nic) => nic.segment));

const usedCarriers = (document: FarmFile): readonly (string | undefined)[] =>
  Object.values(document["home-routers"] ?? {}).map((router) => router.behind);

/** Surroundings that were somebody's and are nobody's now. */
function abandoned(before: FarmFile, now: FarmFile): readonly Part[] {
  const segments = usedSegments(now);
  const carriers = usedCarriers(now);
  const hadSegments = usedSegments(before);
  const hadCarriers = usedCarriers(before);
  return [
    ...now.segments.flatMap((name, index) => (hadSegments.includes(name) && !segments.includes(name) ? [["segments", index]] : [])),
    ...Object.keys(now.carriers ?? {}).flatMap((name) =>
      hadCarriers.includes(name) && !carriers.includes(name) ? [["carriers", name]] : [],
    ),
  ];
}

/** Nodes whose host has a way out, apart from the addresses that are for tunnels. */
const hostsWithGateway = ({ nodes }: Farm): readonly string[] =>
  nodes
    .filter(({ nics }) => nics.some(({ gateway4, gateway6 }) => gateway4 !== undefined || gateway6 !== undefined))
    .map(({ name }) => name);

interface Judged {
  readonly errors: readonly Finding[];
  readonly found: readonly Finding[];
  readonly farm: Farm;
  /** Codes of what a farmer is warned of. */
  readonly warnings: ReadonlySet<string>;
}

/** Each document is judged once, and looked at from many sides. */
const judgements = new WeakMap<FarmFile, Judged>();

/** Undefined where a document has not the shape of a farm file. */
function judged(document: FarmFile): Judged | undefined {
  const known = judgements.get(document);
  if (known !== undefined) return known;
  const judgement = judgeDocument(document);
  if (judgement === undefined) return undefined;
  const { farm, findings } = judgement;
  const errors = findings.filter(({ severity }) => severity === "error");
  const found = errors.length > 0 ? [] : findingsOf(farm);
  const warnings = new Set([...findings, ...found].flatMap(({ severity, code }) => (severity === "advice" ? [] : [code])));
  const fresh = { errors, found, farm, warnings };
  judgements.set(document, fresh);
  return fresh;
}

/**
 * Whether a document is a farm, and lacks nothing that the one before did not lack: what farmlab check warns of fails by itself, and would
 * be taken for the failure that is looked for.
 */
export function isSound(document: FarmFile, before: FarmFile): boolean {
  const now = judged(document);
  const then = judged(before);
  if (now === undefined || then === undefined || now.errors.length > 0) return false;
  if (![...now.warnings].every((code) => then.warnings.has(code))) return false;
  const withGateway = hostsWithGateway(now.farm);
  const lost = hostsWithGateway(then.farm).filter((name) => !withGateway.includes(name));
  return !now.farm.nodes.some(({ name }) => lost.includes(name)) && intentsOf(now.farm).ok;
}

/** The document without the parts and what hangs on them; undefined where no sound farm is left. */
export function takeOut(document: FarmFile, parts: readonly Part[]): FarmFile | undefined {
  let now = removeParts(document, parts);
  for (let round = 0; round < roundsMax; round += 1) {
    const judgement = judged(now);
    if (judgement === undefined) return undefined;
    const { errors, found } = judgement;
    const toMend = errors.length > 0 ? errors : found.filter(({ code }) => ofLeftovers.includes(code));
    const blamed = toMend.map((finding) => partToBlame(now, finding));
    if (blamed.includes(undefined)) return undefined;
    const toGo = [...blamed.filter((part) => part !== undefined), ...(errors.length > 0 ? [] : abandoned(document, now))];
    if (toGo.length === 0) return isSound(now, document) ? now : undefined;
    now = removeParts(now, toGo);
  }
  return undefined;
}

/** Makes a capsule of a failure: everything bounded, and nothing secret in it. */
import { farmText } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import type { LawResult } from "../../reports/index.ts";
import type { Reduction } from "../reduce/index.ts";
import type { Evidence } from "../run/evidence.ts";
import { happeningsIn } from "../run/happened.ts";
import type { WhatHappened } from "../run/happened.ts";
import { captureLimit, capsuleSchemaName, listLimit, textLimit } from "./capsule.ts";
import type { Capsule, CapsuleContent } from "./capsule.ts";
import { sealed } from "./seal.ts";

/** With what, and where, a failure was found. */
export interface FoundWith {
  readonly versions: CapsuleContent["versions"];
  readonly host: CapsuleContent["host"];
  readonly backend: CapsuleContent["backend"];
}

export interface FailureToKeep {
  readonly document: FarmFile;
  readonly seed: number;
  /** What the farm was called where it was found. */
  readonly file: string;
  readonly result: Pick<LawResult, "law" | "property" | "why">;
  readonly evidence: readonly Evidence[];
  readonly happened?: WhatHappened;
  /** Absent: it was not reduced. */
  readonly reduction?: Reduction;
}

/** Keys of WireGuard (32 bytes in base64) and what follows such words: labs make their keys from a seed, and yet they are nobody's business. */
const secret = /(private[-_ ]?key|preshared[-_ ]?key|password)(["']?\s*[:=]?\s*)("[^"]*"|'[^']*'|\S+)/giu;

const withoutSecrets = (text: string): string => text.replace(secret, "$1$2(hidden)");

const kept = (text: string): string => {
  const shown = withoutSecrets(text);
  return shown.length > textLimit ? `${shown.slice(0, textLimit - 1)}…` : shown;
};

const keptAll = (list: readonly string[]): string[] => list.slice(0, listLimit).map(kept);

function keptEvidence(evidence: Evidence, capture: string | null): Evidence {
  const { law, property, flow, story, views, guilty, path } = evidence;
  return {
    ...{ law, property, flow: kept(flow), story: kept(story) },
    views: views
      .slice(0, listLimit)
      .map(({ view, says, ends }) => ({ view, says: keptAll(says), ends: ends === null ? null : kept(ends) })),
    guilty: guilty === null ? null : { layer: guilty.layer, because: kept(guilty.because) },
    path: path
      .slice(0, listLimit)
      .map(({ place, routes, rules }) => ({ place: kept(place), routes: keptAll(routes), rules: keptAll(rules) })),
    capture,
  };
}

/** Of the evidences of this property, the first few; captures as long as there is room for them. */
function evidenceFor(property: string, evidence: readonly Evidence[]): Evidence[] {
  let room = captureLimit;
  return evidence
    .filter((one) => one.property === property)
    .slice(0, 3)
    .map((one) => {
      const fits = one.capture !== null && one.capture.length <= room;
      room -= fits ? (one.capture?.length ?? 0) : 0;
      return keptEvidence(one, fits ? one.capture : null);
    });
}

function reductionFor({ from, to, end, removals, emulations }: Reduction): CapsuleContent["reduction"] {
  return { from, to, end, removals, emulations };
}

/** The capsule, with the command that replays it from `path`. */
export function makeCapsule(failure: FailureToKeep, found: FoundWith, reproduce: string): Capsule {
  const { document, seed, file, result, evidence, happened, reduction } = failure;
  return sealed({
    schema: capsuleSchemaName,
    law: result.law,
    property: result.property,
    story: kept(result.why ?? ""),
    scenario: { file: kept(file).slice(0, 1000), seed, farm: farmText(document) },
    backend: found.backend,
    reproduce,
    versions: found.versions,
    host: found.host,
    firing: reduction?.firing ?? null,
    reduction: reduction === undefined ? null : reductionFor(reduction),
    happened: happened === undefined ? [] : happeningsIn(happened, listLimit).map(({ atMs, what }) => ({ atMs, what: kept(what) })),
    evidence: evidenceFor(result.property, evidence),
  });
}

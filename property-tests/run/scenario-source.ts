/**
 * Where the scenarios of a search come from: by position. Three of four follow from the seed alone, so that parts of a search are disjoint,
 * are the whole together, and any one of them can be run again. One of four follows what labs have shown until then: a capsule keeps it.
 */
import { expectValue, hash32 } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { createSearch } from "../search/index.ts";
import type { Arm, Proposal, Search } from "../search/index.ts";
import { scenarioOf } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

export interface DrawnScenario {
  readonly scenario: Scenario;
  /** `given`: the farm of the file itself. */
  readonly arm: Arm | "given";
  /** What the model expects it to cover. */
  readonly predicted: readonly string[];
  readonly proposal?: Proposal;
}

export interface ScenarioSource {
  /** The farm's name, or the suite's. */
  readonly name: string;
  /** As the user named it, for the command that runs it again. */
  readonly file: string;
  /** Called for each position once, from 0 on; undefined: there are no more. May throw: a fault of who makes scenarios. */
  draw(position: number): DrawnScenario | undefined;
  /** Draws and leaves aside: the position is another part's. */
  skip(position: number): void;
  /** How many where nobody says, by number or time; absent: as many as there are. */
  readonly usualRuns?: number;
  /** What it means that all of so many hold. */
  readonly exhausts?: { readonly count: number; readonly statement: string };
  /** The search behind it, for its result; absent where nothing is searched for. */
  readonly search?: Search;
}

/** Of so many scenarios the last follows what labs have shown. */
const followedOf = 4;
/** Half of all scenarios are drawn without a look at coverage: statistics may speak of them. */
const unguidedShare = (0.5 * followedOf) / (followedOf - 1);
const usualGenerated = 20;
const seedMax = 0x7fff_ffff;

export const seedAt = (seed: number, position: number): number =>
  position === 0 ? seed : hash32(`scenario ${seed} ${position}`) & seedMax;

const drawnOf = (proposal: Proposal, seed: number, file: string): DrawnScenario => ({
  scenario: expectValue(scenarioOf(proposal.document, seed, file)),
  ...{ arm: proposal.arm, predicted: proposal.predicted, proposal },
});

/** What a search has for a position, of as many as come before it. */
const proposed = (search: Search, position: number): Proposal =>
  position % followedOf === followedOf - 1 ? search.follow(position) : search.next();

/** So that the positions after it are what they would be. */
function passedOver(search: Search | undefined, position: number): void {
  if (position % followedOf !== followedOf - 1) search?.next();
}

/** The farm of a file first, then the same nodes and surroundings with other networks, to half of which
 * something happens; a farm without exit node, which has none, with other seeds. */
export function variationsSource(base: FarmFile, file: string, seed: number): ScenarioSource {
  const search = Object.values(base.nodes).some((node) => node["exit-node"] !== undefined)
    ? createSearch({ seed, unguidedShare, base, timelines: true })
    : undefined;
  return {
    name: base.farm,
    file,
    usualRuns: 1,
    draw(position) {
      if (position > 0 && search !== undefined) return drawnOf(proposed(search, position), seedAt(seed, position), file);
      return { scenario: expectValue(scenarioOf(base, seedAt(seed, position), file)), arm: "given", predicted: [] };
    },
    skip: (position) => (position === 0 ? undefined : passedOver(search, position)),
    ...(search === undefined ? {} : { search }),
  };
}

/** Whole farms, to half of which something happens. */
export function generatedSource(name: string, seed: number): ScenarioSource {
  const search = createSearch({ seed, unguidedShare, timelines: true });
  return {
    name,
    file: name,
    usualRuns: usualGenerated,
    draw: (position) => drawnOf(proposed(search, position), seedAt(seed, position), name),
    skip: (position) => passedOver(search, position),
    search,
  };
}

/** Farms of a list, each once. */
export function listSource(name: string, farms: Iterable<FarmFile>, seed: number, statement: string): ScenarioSource {
  const documents = [...farms];
  return {
    name,
    file: name,
    exhausts: { count: documents.length, statement },
    draw(position) {
      const document = documents[position];
      if (document === undefined) return undefined;
      return { scenario: expectValue(scenarioOf(document, seedAt(seed, position), name)), arm: "guided", predicted: [] };
    },
    skip: () => undefined,
  };
}

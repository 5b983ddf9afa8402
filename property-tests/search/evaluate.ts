/** The model: what a scenario would cover, without a lab, a file or an address. */
import { settleEvents } from "../generate/events.ts";
import { settleSurroundings } from "../generate/ground.ts";
import type { Ground, SettledSurroundings } from "../generate/ground.ts";
import { settleNetworks } from "../generate/networks.ts";
import { placeKindsOf } from "../generate/places.ts";
import type { PlaceKinds } from "../generate/places.ts";
import type { Sketch, SurroundingsSketch } from "../generate/sketch.ts";
import { Marks, keyName } from "./keys.ts";
import type { Coverage } from "./keys.ts";
import { markEvents, markGround, markNetworks, markSurroundings } from "./layout.ts";
import { markReach } from "./reach.ts";

const marks = new Marks();

interface MarkedSurroundings {
  readonly ground: SettledSurroundings;
  /** The router of each of the ground's nodes, where it is hidden. */
  readonly places: readonly number[];
  readonly coverage: Coverage;
}

/** Most changes of a sketch leave its surroundings as they are. */
const markedBefore = new WeakMap<SurroundingsSketch, MarkedSurroundings>();

function surroundingsOf(sketch: SurroundingsSketch): MarkedSurroundings {
  const before = markedBefore.get(sketch);
  if (before !== undefined) return before;
  const ground = settleSurroundings(sketch);
  markSurroundings(marks, ground, sketch.conditions);
  markGround(marks, ground);
  const marked = { ground, places: ground.nodes.map(({ place }) => place), coverage: marks.take() };
  markedBefore.set(sketch, marked);
  return marked;
}

function markContents(ground: Ground, places: PlaceKinds, sketch: Pick<Sketch, "networks" | "events">, routers?: readonly number[]): void {
  const networks = settleNetworks(ground, sketch.networks);
  markNetworks(marks, ground, networks, routers);
  markReach(marks, ground, networks);
  if (sketch.events.length > 0) markEvents(marks, places, settleEvents(places, networks, sketch.events));
}

const noPlaces: PlaceKinds = { links: [], nodes: [] };

/** What a whole farm would cover. */
export function evaluate(sketch: Sketch): Coverage {
  const { ground, places, coverage } = surroundingsOf(sketch.surroundings);
  marks.markAll(coverage);
  markContents(ground, sketch.events.length === 0 ? noPlaces : placeKindsOf(ground), sketch, places);
  return marks.take();
}

/** The same of networks and events on given ground, whose surroundings are the same for all. */
export function evaluateOn(ground: Ground, places: PlaceKinds, sketch: Pick<Sketch, "networks" | "events">): Coverage {
  markGround(marks, ground);
  markContents(ground, places, sketch);
  return marks.take();
}

/** The names of what is covered, pairs apart, sorted. */
export const singleNames = ({ features, others }: Coverage): string[] => [...features, ...others].map(keyName).toSorted();

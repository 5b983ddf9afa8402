/** Captures a lab's links into files, for runs: all of them, or those that are named. */
import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import type { Lab } from "../lab.ts";
import type { TopologyLink } from "../topology/index.ts";
import { insidePlaces, linkPlaces } from "./places.ts";
import { captureFiles } from "./ring-files.ts";
import { startCapture, type CaptureEnd, type CaptureOptions, type CapturePlace } from "./start-capture.ts";

export interface CaptureLabOptions extends CaptureOptions {
  /** Where the files are written; it has to be there. */
  readonly folder: string;
  /** Names of links; default: all. */
  readonly links?: readonly string[];
  /** Which ends of each link; default both. One end shows what passes, two show what is lost between them. */
  readonly ends?: "both" | "near";
  /** Nodes of which the interfaces inside are captured too, as tunnels are; default: none. */
  readonly inside?: readonly string[];
  /** Bytes of all files together, the oldest packets dropped; default: no bound. */
  readonly ringBytes?: number;
}

export interface LabCaptureResult extends CaptureEnd {
  /** Oldest first. */
  readonly files: readonly string[];
}

export interface LabCapture {
  readonly places: readonly CapturePlace[];
  /** Ends it; the files are complete and closed when this resolves. Idempotent. */
  stop(): Promise<LabCaptureResult>;
}

function chosenLinks(lab: Lab, names: readonly string[] | undefined): readonly TopologyLink[] {
  if (names === undefined) return lab.topology.links;
  return names.map((name) => {
    const link = lab.topology.links.find((one) => one.name === name);
    if (link === undefined) throw new LabError("capture", `lab ${lab.name} has no link ${name}`);
    return link;
  });
}

/** Starts it; when this resolves, every packet from now on is captured. Throws a LabError that names what cannot be. */
export async function captureLab(lab: Lab, options: CaptureLabOptions): Promise<LabCapture> {
  const ends = options.ends === "near" ? 1 : 2;
  const inside = await Promise.all((options.inside ?? []).map((node) => insidePlaces(lab, node)));
  const places = [...chosenLinks(lab, options.links).flatMap((link) => linkPlaces(lab, link).slice(0, ends)), ...inside.flat()];
  const files = await captureFiles(join(options.folder, `${lab.name}.pcapng`), options.ringBytes);
  const capture = await startCapture((argv) => lab.startHelper(argv), places, files, options);
  return { places, stop: async () => ({ ...(await capture.stop()), files: files.paths }) };
}

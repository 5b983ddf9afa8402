/** A farm's lab as a `.clab.yml`. */
import type { Farm } from "../core/farm/index.ts";
import { writeClab } from "../emulator/topology/index.ts";
import { compileFarm } from "./compile/compile-farm.ts";

/** Exported labs are made from one seed, so that their addresses repeat. */
const seed = 1;

/**
 * Text of a file that a stock containerlab deploys: the whole lab with its nodes' state. Agents make random keys of their own, so that no key
 * of a lab is in the file. `image` is the node image's name; farmlab's programs are looked for where FARMLAB_PROGRAMS says.
 */
export function exportClab(farm: Farm, image: string): string {
  return writeClab(compileFarm(farm, { seed }), {
    image,
    programs: { folder: "/usr/lib/farmlab", variable: "FARMLAB_PROGRAMS" },
    state: "exec",
    about: [
      `The farm ${farm.name} as a lab for containerlab, by \`farmlab export\`; change the farm and export it again, not this file.`,
      "FARMLAB_PROGRAMS: the folder with farmlab's programs (native, agent.cjs, node); see docs/topology.md.",
    ],
  });
}

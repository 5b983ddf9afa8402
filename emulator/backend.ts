/** The backends by their names. */
import type { Runtime } from "./image/index.ts";
import type { Backend, BackendName } from "./lab.ts";
import { netnsBackend } from "./netns/index.ts";

export const backendNames: readonly BackendName[] = ["netns", "containerlab"];

export function backendNamed(name: BackendName, runtime: Runtime): Backend {
  switch (name) {
    case "netns":
      return netnsBackend(runtime);
    case "containerlab":
      return {
        name,
        // Loaded for labs that ask for it: the engine's client takes longer to load than a small lab takes to come up.
        up: async (topology, options) => {
          const { containerlabBackend } = await import("./containerlab/index.ts");
          return await containerlabBackend(runtime).up(topology, options);
        },
      };
  }
}

/** The backends by their names. */
import { containerlabBackend } from "./containerlab/index.ts";
import type { Runtime } from "./image/index.ts";
import type { Backend, BackendName } from "./lab.ts";
import { netnsBackend } from "./netns/index.ts";

export const backendNames: readonly BackendName[] = ["netns", "containerlab"];

export function backendNamed(name: BackendName, runtime: Runtime): Backend {
  switch (name) {
    case "netns":
      return netnsBackend(runtime);
    case "containerlab":
      return containerlabBackend(runtime);
  }
}

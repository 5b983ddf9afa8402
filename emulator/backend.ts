/** The backends by their names. */
import type { Runtime } from "./image/index.ts";
import type { Backend, BackendName } from "./lab.ts";
import { netnsBackend } from "./netns/index.ts";

export const backendNames: readonly BackendName[] = ["netns"];

export function backendNamed(name: BackendName, runtime: Runtime): Backend {
  switch (name) {
    case "netns":
      return netnsBackend(runtime);
    case "containerlab":
      throw new Error("labs of containerlab cannot be made yet");
  }
}

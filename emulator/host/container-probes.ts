/** What the containerlab backend takes. */
import { probeContainerlab } from "./containerlab.ts";
import { probeEngine } from "./engine.ts";
import type { Probe } from "./probe.ts";

export const containerProbes: readonly Probe[] = [
  {
    capability: "engine",
    area: "containerlab",
    required: false,
    usedFor: "labs of the containerlab backend",
    standIn: "the netns backend",
    how: "npm run containerlab:start, or start the engine that is installed; DOCKER_HOST names one that listens elsewhere",
    attempt: probeEngine,
  },
  {
    capability: "containerlab",
    area: "containerlab",
    required: false,
    usedFor: "labs of the containerlab backend",
    standIn: "the netns backend",
    how: "npm run containerlab:start builds it where there is Go; or install it on PATH",
    attempt: probeContainerlab,
  },
];

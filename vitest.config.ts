import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

/** Many start programs, which takes as long as the machine is busy. */
const unitTimeoutMs = 60_000;
const labTimeoutMs = 120_000;

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/lab/**"],
          testTimeout: unitTimeoutMs,
          hookTimeout: unitTimeoutMs,
          // Modules are loaded once in a worker and not once in a file, and no core is left idle: a third of the time. Tests leave nothing behind in
          // modules or in the environment.
          isolate: false,
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Tests that bring labs up: one file after the other, for they measure and share two cores.
        test: {
          name: "lab",
          include: ["**/lab/**/*.test.ts"],
          exclude: ["**/node_modules/**"],
          pool: "forks",
          fileParallelism: false,
          // Of those that say so: what waits for answers that never come leaves the cores to others.
          maxConcurrency: 2 * availableParallelism(),
          testTimeout: labTimeoutMs,
          hookTimeout: labTimeoutMs,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

export default config;

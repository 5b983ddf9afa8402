import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

const labTimeoutMs = 120_000;

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/lab/**"],
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
          testTimeout: labTimeoutMs,
          hookTimeout: labTimeoutMs,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

export default config;

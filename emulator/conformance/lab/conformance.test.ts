import { afterEach, describe, it } from "vitest";
import { healing, stepsOf } from "../../../core/farm/index.ts";
import { backendNamed, backendNames } from "../../backend.ts";
import { missing, needs } from "../../containerlab/available.fixture.ts";
import { ensureRuntime } from "../../image/index.ts";
import type { BackendName, Lab } from "../../lab.ts";
import { conformanceCases, type Sketch } from "../index.ts";

const labs: Lab[] = [];
let made = 0;

afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.down()));
});

const cannot = (backend: BackendName): boolean => backend === "containerlab" && missing;

describe.each(backendNames.map((backend) => ({ backend, title: cannot(backend) ? `${backend} (${needs})` : backend })))(
  "a lab of $title",
  ({ backend }) => {
    const up = async (sketch: Sketch): Promise<Lab> => {
      made += 1;
      const name = `conf-${process.pid}-${made}`;
      const lab = await backendNamed(backend, await ensureRuntime()).up({ name, seed: 1, ...sketch }, { name });
      labs.push(lab);
      return lab;
    };

    it.skipIf(cannot(backend)).each(conformanceCases)("$name", async ({ check }) => {
      await check({ backend, up, rules: { stepsOf, healing } });
    });
  },
);

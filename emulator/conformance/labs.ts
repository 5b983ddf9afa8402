/** Labs as a whole: many nodes, several labs, names, ends. */
import assert from "node:assert/strict";
import type { ConformanceCase } from "./case.ts";
import { pingArguments, said, silenceWaitS } from "./case.ts";
import { pair, star } from "./sketches.ts";

const manyNodes = { netns: 200, containerlab: 12 } as const;

export const labCases: readonly ConformanceCase[] = [
  {
    name: "has many nodes",
    async check({ up, backend }) {
      const count = manyNodes[backend] - 1;
      const lab = await up(star(count));
      const last = `10.0.${count >> 8}.${count & 255}`;
      await said(lab.node("host-0"), pingArguments(last));
      assert.equal(lab.topology.nodes.length, manyNodes[backend]);
    },
  },
  {
    name: "lives beside another of the same shape, and neither sees the other",
    async check({ up }) {
      const [one, other] = await Promise.all([up(pair), up(pair)]);
      assert.notEqual(one.name, other.name);
      for (const lab of [one, other]) await said(lab.node("left"), pingArguments("10.0.0.2"));
      await said(one.node("right"), ["ip", "address", "add", "10.0.0.77/24", "dev", "eth1"]);
      await said(one.node("left"), pingArguments("10.0.0.77"));
      const { stdout } = await other.node("left").exec(pingArguments("10.0.0.77", 84, silenceWaitS));
      assert.match(stdout, /0 received/);
      await one.down();
      await said(other.node("left"), pingArguments("10.0.0.2"));
    },
  },
  {
    name: "has no interface and no process left when it is down, also when that is asked twice",
    async check({ up }) {
      const lab = await up(pair);
      const ended = lab.ended;
      await Promise.all([lab.down(), lab.down()]);
      await lab.down();
      await ended;
      assert.notEqual((await lab.node("left").exec(["true"])).code, 0);
    },
  },
];

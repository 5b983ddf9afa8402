import { expect, it } from "vitest";
import { atMost } from "./index.ts";

it("runs so many at a time, all of them and in order, whatever fails", async () => {
  const limited = atMost(3);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const all = Array.from(
    { length: 20 },
    async (_, index) =>
      await limited(async () => {
        begun.push(index);
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => setImmediate(resolve));
        running -= 1;
        if (index % 4 === 0) throw new Error("no");
        return index;
      }),
  );
  const ended = await Promise.allSettled(all);
  expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(most).toBe(3);
  expect(ended.filter(({ status }) => status === "rejected")).toHaveLength(5);
});

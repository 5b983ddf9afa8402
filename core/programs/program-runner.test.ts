import { describe, expect, it } from "vitest";
import { openProgramRunner } from "./program-runner.ts";

describe("a program", () => {
  it.each([
    ["there is no helper to run it", "/no/such/helper", /^farmlab's helper for programs ended: spawn \/no\/such\/helper ENOENT$/],
    ["its helper ends", "/bin/false", /^farmlab's helper for programs ended$/],
  ])("has failed where %s, and the next one is tried anew", async (_, native, why) => {
    const programs = openProgramRunner(native);
    for (let count = 0; count < 2; count += 1) {
      const result = await programs.run({ namespace: "host", argv: ["true"] });
      expect(result).toEqual({ code: 127, stdout: "", stderr: expect.stringMatching(why) });
    }
    programs.close();
  });
});

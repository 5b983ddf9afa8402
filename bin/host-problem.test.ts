import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BuildError, cacheDirectory } from "../emulator/image/index.ts";
import { LabError } from "../emulator/lab-error.ts";
import { mendable } from "./host-problem.ts";

const refused = (path: string): Error =>
  Object.assign(new Error(`EROFS, open '${path}'`), { code: "EROFS", errno: -30, path, syscall: "open" });

describe("errors that a user or a host can mend", () => {
  it("have a code, a way out, and an exit code of the contract", () => {
    const built = new BuildError({ severity: "error", code: "image-not-built", message: "no", hint: "again" });
    expect(mendable(built)).toEqual({ problem: built.problem, exitCode: 3 });
    expect(mendable(new LabError("no-namespaces", "refused"))).toMatchObject({
      problem: { code: "no-namespaces", hint: "farmlab doctor shows what this host lacks" },
      exitCode: 3,
    });
    expect(mendable(new LabError("lab-gone", "ended"))).toMatchObject({ problem: { code: "lab-gone" }, exitCode: 1 });
    expect(mendable(refused(join(cacheDirectory(), "image")))).toMatchObject({
      problem: { code: "no-cache", message: `the cache ${cacheDirectory()} cannot be used: EROFS, read-only file system` },
      exitCode: 3,
    });
  });

  it("are not those that are farmlab's own", () => {
    for (const own of [new Error("oops"), refused("/etc/hosts"), refused(`${cacheDirectory()}-other`), "text", undefined])
      expect(mendable(own)).toBeUndefined();
  });
});

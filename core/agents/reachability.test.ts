import { describe, expect, it } from "vitest";
import type { Command, CommandResult } from "../apply/index.ts";
import { measureReachability, readMeasured } from "./reachability.ts";

const family = (reachability: string, seen: string, local: string): object => ({ reachability, seen, local });

describe("reachability", () => {
  it("is what was measured", () => {
    const line = { ipv4: family("public", "185.69.166.3", "185.69.166.3"), ipv6: family("hidden", "2a02:1802:5e::3", "2a02:1802:5e::3") };
    expect(readMeasured(JSON.stringify(line))).toEqual({ ipv4: "public", ipv6: "hidden" });
  });

  it("is hidden behind a translated address, whatever got through", () => {
    const line = { ipv4: family("public", "203.0.113.7", "192.168.1.10"), ipv6: { reachability: "none", seen: null, local: null } };
    expect(readMeasured(JSON.stringify(line))).toEqual({ ipv4: "hidden", ipv6: "none" });
  });

  it.each(["null", "{}", '{"ipv4":null}', '{"ipv4":{"reachability":"wide open"}}'])("is none where %s says nothing", (text) => {
    expect(readMeasured(text)).toEqual({ ipv4: "none", ipv6: "none" });
  });

  it("is measured in the namespace asked for, towards the reflectors that there are", async () => {
    const seen: Command[] = [];
    const run = async (command: Command): Promise<CommandResult> => {
      seen.push(command);
      return await Promise.resolve({ code: 0, stdout: "{}", stderr: "" });
    };
    await measureReachability({ native: "/n", reflector: { ipv6: "[2001:db8:53::53]:3478" }, programs: { run } }, "public");
    expect(seen).toEqual([{ namespace: "public", argv: ["/n", "reach", "--reflector6", "[2001:db8:53::53]:3478"] }]);
  });

  it("is not guessed when the measurement fails", async () => {
    const run = async (): Promise<CommandResult> => await Promise.resolve({ code: 125, stdout: "", stderr: "namespace public: gone" });
    const measuring = measureReachability({ native: "/n", reflector: { ipv4: "198.51.100.53:3478" }, programs: { run } }, "public");
    await expect(measuring).rejects.toThrow("namespace public: gone");
  });
});

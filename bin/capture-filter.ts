/** A filter in tcpdump's words as a classic BPF program, compiled by the tcpdump of the node image. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { failure, success, type Outcome } from "../core/common/index.ts";
import { argumentsInto, type Inside } from "./look-into-lab.ts";

/** Compiled in the place given: any node will do. Its instructions, each `code,true,false,k`. Problems: `bad-filter`. */
export async function compileFilter(inside: Inside, expression: string): Promise<Outcome<readonly string[]>> {
  const compile = ["tcpdump", "-ddd", "-y", "EN10MB", "--", expression];
  try {
    const { stdout } = await promisify(execFile)(inside.native, (await argumentsInto(inside, compile)) ?? []);
    return success(
      stdout
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.trim().replaceAll(" ", ",")),
    );
  } catch (error) {
    const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
    const message = `the filter "${expression}" cannot be used: ${
      text
        .replace(/^tcpdump: /, "")
        .trim()
        .split("\n")[0] ?? ""
    }`;
    return failure({
      severity: "error",
      code: "bad-filter",
      message,
      hint: 'as in: --filter "host 10.0.0.1 and udp port 53" (man pcap-filter)',
    });
  }
}

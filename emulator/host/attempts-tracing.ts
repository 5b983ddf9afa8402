/** Whether this host says why packets are dropped: `native drops` attaches a program to the kernel's tracepoint for it, and leaves. */
import { execFile } from "node:child_process";
import { attemptTimeoutMs } from "./attempts.ts";
import type { Refusal } from "./attempts.ts";

/** `native`: path of farmlab's helper. Undefined where the host gives reasons, else what keeps it from that. */
export function attemptDropReasons(native: string): Promise<Refusal> {
  return new Promise((resolve) => {
    execFile(native, ["drops", "--try"], { timeout: attemptTimeoutMs, killSignal: "SIGKILL" }, (error, _, stderr) => {
      resolve(error === null ? undefined : stderr.trim().split("\n")[0] || error.message);
    });
  });
}

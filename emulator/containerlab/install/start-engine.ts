/**
 * A container engine where none runs: Debian's docker.io, started by hand with a configuration of its own, so that it makes no bridge, no
 * firewall rule and no file outside of its own folders.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { DeadlineError, startDeadline } from "../../../core/common/index.ts";
import { LabError } from "../../lab-error.ts";
import { programOnPath } from "../containerlab-program.ts";
import { engineSocket, ownEngine, ownSocket } from "../engine-address.ts";
import { engineAt, requireEngine } from "../engine.ts";

const startWaitMs = 60_000;
const stopWaitMs = 30_000;
const answerWaitMs = 5000;
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
const pidFile = join(ownEngine.run, "engine.pid");
const logFile = join(ownEngine.run, "engine.log");
const logCharactersShown = 1000;

const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };

/** Installs docker.io where there is no dockerd; where the system starts it by itself, its socket then answers. */
async function requireDaemon(say: (text: string) => void): Promise<string> {
  const found = programOnPath("dockerd", systemFolders);
  if (found !== undefined) return found;
  if (programOnPath("apt-get") === undefined)
    throw new LabError("no-engine", "there is neither dockerd nor apt-get", undefined, "install a Docker engine by this system's own means");
  const apt = async (...argv: string[]): Promise<void> => {
    say(`apt-get ${argv.join(" ")}`);
    await execa("apt-get", ["--quiet", ...argv], { env: { DEBIAN_FRONTEND: "noninteractive" }, stdout: 2, stderr: 2 });
  };
  await apt("update");
  await apt("install", "--yes", "--no-install-recommends", "docker.io");
  const installed = programOnPath("dockerd", systemFolders);
  if (installed === undefined) throw new LabError("no-engine", "the package docker.io brought no dockerd");
  return installed;
}

/** The process that our pid file names, if it is a dockerd with our configuration: ids are used again. */
function ownPid(): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return argv.includes(join(ownEngine.run, "engine.json")) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function logEnd(): string {
  return existsSync(logFile) ? readFileSync(logFile, "utf8").slice(-logCharactersShown).trim() : "";
}

async function answers(): Promise<boolean> {
  try {
    await engineAt(ownSocket).ping({ abortSignal: AbortSignal.timeout(answerWaitMs) });
    return true;
  } catch {
    return false;
  }
}

function spawnDaemon(program: string): number {
  mkdirSync(ownEngine.run, { recursive: true, mode: 0o711 });
  mkdirSync(ownEngine.data, { recursive: true, mode: 0o711 });
  const configuration = {
    "data-root": join(ownEngine.data),
    "exec-root": join(ownEngine.run, "exec"),
    pidfile: pidFile,
    hosts: [`unix://${ownSocket}`],
    // The host's network is left alone: labs bring their own.
    bridge: "none",
    iptables: false,
    ip6tables: false,
  };
  const file = join(ownEngine.run, "engine.json");
  writeFileSync(file, `${JSON.stringify(configuration, undefined, 2)}\n`);
  const log = openSync(logFile, "w");
  const path = [process.env["PATH"], ...systemFolders].join(":");
  const daemon = spawn(program, ["--config-file", file], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: path, HOME: "/root" },
    cwd: "/",
  });
  daemon.unref();
  return daemon.pid ?? 0;
}

/** An engine that answers: the one that is there, or our own, started. Throws a LabError with the end of its log. */
export async function provideEngine(say: (text: string) => void): Promise<string> {
  if (engineSocket() !== undefined) {
    const found = await requireEngine().catch((error: unknown) => {
      if (engineSocket() !== ownSocket) throw error;
    });
    if (found !== undefined) return found.socket;
  }
  const program = await requireDaemon(say);
  // A system that starts what it installs has one now.
  if (engineSocket() !== undefined && engineSocket() !== ownSocket) return (await requireEngine()).socket;
  if (ownPid() === undefined) {
    for (const left of [pidFile, ownSocket]) rmSync(left, { force: true });
    say(`starting ${program}`);
    const pid = spawnDaemon(program);
    if (pid === 0) throw new LabError("no-engine", `${program} could not be started`);
  }
  try {
    await startDeadline(clock, startWaitMs).until("the container engine to answer", async () => {
      if (await answers()) return { done: true };
      if (existsSync(pidFile) && ownPid() === undefined) return { done: false };
      return { seen: logEnd().split("\n").at(-1) ?? "" };
    }, 50);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
  if (!(await answers())) throw new LabError("no-engine", `the container engine did not start; the end of ${logFile}:\n${logEnd()}`);
  return ownSocket;
}

/** Ends the engine that we have started, and nothing else; images stay. Answers whether there was one. */
export async function stopEngine(): Promise<boolean> {
  const pid = ownPid();
  if (pid === undefined) return false;
  process.kill(pid, "SIGTERM");
  await startDeadline(clock, stopWaitMs).until(`process ${pid} to end`, async () =>
    ownPid() === undefined ? { done: true } : { seen: logEnd().split("\n").at(-1) ?? "" },
  );
  rmSync(ownSocket, { force: true });
  return true;
}

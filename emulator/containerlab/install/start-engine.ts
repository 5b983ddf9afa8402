/**
 * A container engine where none runs: Debian's docker.io, started by hand with a configuration of its own, so that it makes no bridge, no
 * firewall rule and no file outside of its own folders.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { startDeadline } from "../../../core/common/index.ts";
import { findProgram } from "../../find-program.ts";
import { findEngine, ownEngineSocket } from "../../host/index.ts";
import { LabError } from "../../lab-error.ts";

const startWaitMs = 60_000;
const stopWaitMs = 30_000;
/** Socket, configuration, log and what else goes with a reboot. */
const runFolder = dirname(ownEngineSocket);
/** Images and containers. */
const dataFolder = "/var/lib/farmlab/engine";
const configurationFile = join(runFolder, "engine.json");
const pidFile = join(runFolder, "engine.pid");
const logFile = join(runFolder, "engine.log");
const logCharactersShown = 1000;
const ownEnvironment = { DOCKER_HOST: `unix://${ownEngineSocket}` };

/** Another apt-get may be at work, as while the node image's tools are installed. */
const aptLockWaitSeconds = 120;

const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };

/** Installs docker.io where there is no dockerd; where the system starts it by itself, its socket then answers. */
async function requireDaemon(say: (text: string) => void): Promise<string> {
  const found = findProgram("dockerd");
  if (found !== undefined) return found;
  if (findProgram("apt-get") === undefined)
    throw new LabError(
      "no-engine",
      "there is neither dockerd nor apt-get",
      undefined,
      "install a Docker engine by this system's own means",
    );
  const apt = async (...argv: string[]): Promise<void> => {
    say(`apt-get ${argv.join(" ")}`);
    const waiting = ["-o", `DPkg::Lock::Timeout=${aptLockWaitSeconds}`];
    const environment = { DEBIAN_FRONTEND: "noninteractive" };
    const { exitCode } = await execa("apt-get", ["--quiet", ...waiting, ...argv], {
      env: environment,
      stdout: 2,
      stderr: 2,
      reject: false,
    });
    if (exitCode === 0) return;
    const message = `apt-get ${argv.join(" ")} ended with code ${exitCode ?? "?"}`;
    throw new LabError(
      "no-engine",
      message,
      undefined,
      "what apt-get said is above; where another one is at work, wait for it and start again",
    );
  };
  await apt("update");
  await apt("install", "--yes", "--no-install-recommends", "docker.io");
  const installed = findProgram("dockerd");
  if (installed === undefined) throw new LabError("no-engine", "the package docker.io brought no dockerd");
  return installed;
}

/** The process that our pid file names, if it is a dockerd with our configuration: ids are used again. */
function ownPid(): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return argv.includes(configurationFile) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function logEnd(): string {
  return existsSync(logFile) ? readFileSync(logFile, "utf8").slice(-logCharactersShown).trim() : "";
}

function spawnDaemon(program: string): number {
  mkdirSync(runFolder, { recursive: true, mode: 0o711 });
  mkdirSync(dataFolder, { recursive: true, mode: 0o711 });
  const configuration = {
    "data-root": dataFolder,
    "exec-root": join(runFolder, "exec"),
    pidfile: pidFile,
    hosts: [`unix://${ownEngineSocket}`],
    // The host's network is left alone, its forwarding switch too: labs bring their own.
    bridge: "none",
    "ip-forward": false,
    iptables: false,
    ip6tables: false,
  };
  writeFileSync(configurationFile, `${JSON.stringify(configuration, undefined, 2)}\n`);
  for (const left of [pidFile, ownEngineSocket]) rmSync(left, { force: true });
  const log = openSync(logFile, "w");
  const daemon = spawn(program, ["--config-file", configurationFile], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`, HOME: "/root" },
    cwd: "/",
  });
  daemon.on("error", () => undefined);
  daemon.unref();
  if (daemon.pid === undefined) throw new LabError("no-engine", `${program} could not be started`);
  return daemon.pid;
}

/** Until the daemon answers or has ended. */
async function untilAnswering(pid: number): Promise<void> {
  const look = async (): Promise<{ done: boolean } | { seen: string }> => {
    const found = await findEngine(ownEnvironment);
    if (typeof found !== "string") return { done: true };
    return existsSync(`/proc/${pid}/exe`) ? { seen: found } : { done: false };
  };
  const answers = await startDeadline(clock, startWaitMs).until("the container engine to answer", look, 50);
  if (!answers) throw new LabError("no-engine", `the container engine ended at once; the end of ${logFile}:\n${logEnd()}`);
}

export interface ProvidedEngine {
  /** How it calls itself, and where it is. */
  readonly name: string;
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

/** An engine that answers: the one that is there, or our own, started. Throws a LabError with the end of its log. */
export async function provideEngine(say: (text: string) => void): Promise<ProvidedEngine> {
  const nameOf = (found: Exclude<Awaited<ReturnType<typeof findEngine>>, string>): string =>
    `${found.name} ${found.version}, ${found.endpoint}`;
  const before = await findEngine();
  if (typeof before !== "string") return { name: nameOf(before), isNew: false };
  const program = await requireDaemon(say);
  // A system that starts what it installs has one now.
  const installed = await findEngine();
  if (typeof installed !== "string") return { name: nameOf(installed), isNew: false };
  const running = ownPid();
  if (running === undefined) say(`starting ${program}`);
  await untilAnswering(running ?? spawnDaemon(program));
  const started = await findEngine(ownEnvironment);
  if (typeof started === "string") throw new LabError("no-engine", started);
  return { name: nameOf(started), isNew: running === undefined };
}

/** Ends the engine that we have started, and nothing else; images stay. Answers whether there was one. */
export async function stopEngine(): Promise<boolean> {
  const pid = ownPid();
  if (pid === undefined) return false;
  process.kill(pid, "SIGTERM");
  await startDeadline(clock, stopWaitMs).until(`process ${pid} to end`, async () =>
    ownPid() === undefined ? { done: true } : { seen: logEnd().split("\n").at(-1) ?? "" },
  );
  rmSync(ownEngineSocket, { force: true });
  return true;
}

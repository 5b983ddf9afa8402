/** Carries a plan out: observe (or use what is known), difference, commands in as few processes as possible, namespaces in parallel. */
import type { Problem } from "../common/index.ts";
import type { NodePlan } from "../plan/index.ts";
import { difference } from "./difference.ts";
import type { Changes, InsideChanges } from "./difference.ts";
import { observe } from "./observe.ts";
import { onceApplied } from "./observed.ts";
import type { ObservedNode } from "./observed.ts";
import { sysctlWriteArgv } from "./sysctls.ts";
import type { Command, System } from "./system.ts";
import { moveLine, tunnelService, tunnelSocketPath } from "./tunnels.ts";
import type { TunnelChange } from "./tunnels.ts";
import { syncconfArgv, wireguardConfiguration } from "./wireguard.ts";

export interface ApplyReport {
  /** How many things changed state; 0: all was right. */
  readonly changes: number;
  /** The commands that were run to change state, without their input, which may hold keys. */
  readonly commands: readonly { readonly namespace: string; readonly argv: readonly string[] }[];
  readonly failures: readonly Problem[];
  /** What the node has now, for the next call; absent after a failure, so that the next call looks for itself. */
  readonly observed?: ObservedNode;
}

/** A repair may take other things along; after this many looks what is still wrong is left to the next call. */
const mostPasses = 3;

class Execution {
  readonly commands: { namespace: string; argv: readonly string[] }[] = [];
  readonly failures: Problem[] = [];
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  #fail(what: string, cause: string): void {
    this.failures.push({ severity: "error", code: "apply-failed", message: `${what}: ${cause.trim().slice(0, 600)}` });
  }

  async #attempt(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#fail(what, error instanceof Error ? error.message : String(error));
    }
  }

  async #run(command: Command, isHarmless: (stderr: string) => boolean = () => false): Promise<void> {
    this.commands.push({ namespace: command.namespace, argv: command.argv });
    const what = `${command.argv[0] ?? ""} in ${command.namespace}`;
    await this.#attempt(what, async () => {
      const result = await this.#system.run(command);
      if (result.code !== 0 && !isHarmless(result.stderr)) this.#fail(what, explain(result.stderr, command.input));
    });
  }

  #ip(namespace: string, lines: readonly string[], isHarmless?: (stderr: string) => boolean): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    return this.#run({ namespace, argv: ["ip", "-force", "-batch", "-"], input: lines.map((line) => `${line}\n`).join("") }, isHarmless);
  }

  async carryOut(changes: Changes): Promise<void> {
    this.failures.push(...changes.problems);
    await Promise.all([
      ...changes.stopServices.map((name) => this.#attempt(`stopping ${name}`, () => this.#system.stopService(name))),
      // The other end of a pair may have taken it along.
      ...[...changes.removeLinks].map(([namespace, lines]) => this.#ip(namespace, lines, isAbsence)),
    ]);
    await this.#ip("host", changes.namespaces);
    const sockets = new Map(changes.tunnels.map((tunnel) => [tunnel.name, this.#startTunnel(tunnel)]));
    const insides = [...changes.inside];
    const tables = insides.map(([namespace, inside]) =>
      inside.tables === "" ? Promise.resolve() : this.#run({ namespace, argv: ["nft", "-f", "-"], input: inside.tables }),
    );
    // Links take their settings from their namespace when they are made.
    await Promise.all(insides.map(([namespace, inside]) => this.#writeSysctls(namespace, inside.sysctls)));
    const moved = this.#moveTunnels(changes.tunnels, sockets);
    await this.#ip("host", changes.addLinks);
    // No link comes up before the rules are there.
    await Promise.all(tables);
    await Promise.all(insides.map(([namespace, inside]) => this.#inside(namespace, inside, moved, sockets)));
    await Promise.all(moved.values());
  }

  #writeSysctls(namespace: string, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve();
    return this.#run({ namespace, argv: sysctlWriteArgv, input: lines.map((line) => `${line}\n`).join("") });
  }

  #startTunnel(tunnel: TunnelChange): Promise<void> {
    if (!tunnel.start) return Promise.resolve();
    return this.#attempt(`starting ${tunnel.name}`, async () => {
      await this.#system.startService(tunnelService(tunnel.name, tunnel.plan));
      await this.#system.waitForPath(tunnelSocketPath(tunnel.name));
    });
  }

  /** By namespace to which one was moved. Each waits for its own socket only. */
  #moveTunnels(tunnels: readonly TunnelChange[], sockets: ReadonlyMap<string, Promise<void>>): ReadonlyMap<string, Promise<void>> {
    return new Map(
      tunnels.map((tunnel) => [
        tunnel.namespace,
        (async () => {
          await sockets.get(tunnel.name);
          await this.#ip(tunnel.plan.socketNamespace, [moveLine(tunnel)]);
        })(),
      ]),
    );
  }

  async #inside(
    namespace: string,
    inside: InsideChanges,
    moved: ReadonlyMap<string, Promise<void>>,
    sockets: ReadonlyMap<string, Promise<void>>,
  ): Promise<void> {
    await moved.get(namespace);
    await Promise.all([
      this.#ip(namespace, inside.ip),
      ...inside.wireguard.map(async ({ name, plan, change }) => {
        await sockets.get(name);
        if (!change.whole) return this.#run({ namespace, argv: ["wg", "set", name, ...change.peerArguments] });
        return this.#attempt(`configuring ${name}`, async () => {
          const input = wireguardConfiguration(plan, await this.#system.privateKeyOf(name));
          await this.#run({ namespace, argv: syncconfArgv(name), input });
        });
      }),
    ]);
  }
}

const isAbsence = (stderr: string): boolean =>
  stderr.split("\n").every((line) => line === "" || line.startsWith("Cannot find device") || line.startsWith("Command failed"));

/** `ip` names a failing line by its number only. */
const explain = (stderr: string, input: string | undefined): string =>
  stderr.replace(/Command failed -:(\d+)/g, (text, number: string) => {
    const line = input?.split("\n")[Number(number) - 1];
    return line === undefined ? text : `in "${line}"`;
  });

/**
 * Brings the node to the plan. With `known` (the report of the last call) only differences from that are carried out, without a look;
 * without, the node is looked at first, and again after a repair. Errors are the report's `failures`; it never throws for a command
 * that fails, and throws where it cannot look at all.
 */
export async function apply(plan: NodePlan, system: System, known?: ObservedNode): Promise<ApplyReport> {
  const execution = new Execution(system);
  let observed = known ?? (await observe(plan, system));
  let count = 0;
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    const changes = difference(plan, observed);
    count += changes.count;
    if (changes.count === 0) {
      execution.failures.push(...changes.problems);
      break;
    }
    await execution.carryOut(changes);
    if (execution.failures.length > 0 || known !== undefined || !changes.repairs) break;
    observed = await observe(plan, system);
  }
  const report = { changes: count, commands: execution.commands, failures: execution.failures };
  return execution.failures.length > 0 ? report : { ...report, observed: onceApplied(plan, observed) };
}

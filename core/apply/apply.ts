/** Carries a plan out: observe (or use what is known), difference, commands in as few processes as possible, namespaces in parallel. */
import { atMost } from "../common/index.ts";
import type { Problem } from "../common/index.ts";
import type { NodePlan } from "../plan/index.ts";
import { difference } from "./difference.ts";
import type { Changes, InsideChanges } from "./difference.ts";
import { observe, type Look } from "./observe.ts";
import { onceApplied } from "./observed.ts";
import type { ObservedNode } from "./observed.ts";
import { linkOfSetting } from "./sysctls.ts";
import type { Command, Flows, Setting, System } from "./system.ts";
import { serviceRequest } from "./services.ts";
import { tunnelService, tunnelSocketPath } from "./tunnels.ts";
import type { TunnelChange } from "./tunnels.ts";
import { wireguardConfiguration } from "./wireguard.ts";

export interface ApplyReport {
  /** The plan that was carried out: the one given, or a newer one that differed only in what is done last. */
  readonly plan: NodePlan;
  /** How many things changed state; 0: all was right. */
  readonly changes: number;
  /** The commands that were run to change state, without their input, which may hold keys. */
  readonly commands: readonly { readonly namespace: string; readonly argv: readonly string[] }[];
  readonly failures: readonly Problem[];
  /** Tunnels that were made anew, or were to be. */
  readonly madeTunnels: readonly string[];
  /** What the node has now, for the next call; absent after a failure, so that the next call looks for itself. */
  readonly observed?: ObservedNode;
  /** Namespaces that were to be looked at and were not, because the look did not go on. */
  readonly notLooked: readonly string[];
}

/** What is known of a node without a look, and of which namespaces that is not to be believed. */
export interface Known {
  readonly node: ObservedNode;
  readonly lookAt?: ReadonlySet<string>;
  /** Whether a look goes on to the next of those; default: always. */
  readonly goesOn?: () => boolean;
}

/** Each is a process that takes its time to start: a gateway has hundreds, and all at once they would all be late. */
const mostTunnelsStarting = 16;
/** A repair may take other things along; after this many looks what is still wrong is left to the next call. */
const mostPasses = 3;

class Execution {
  readonly commands: { namespace: string; argv: readonly string[] }[] = [];
  readonly failures: Problem[] = [];
  readonly #system: System;
  readonly #starting = atMost(mostTunnelsStarting);

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

  /** Answers whether it did what it was asked to. */
  async #run(command: Command, isHarmless: (stderr: string) => boolean = () => false): Promise<boolean> {
    this.commands.push({ namespace: command.namespace, argv: command.argv });
    const what = `${command.argv[0] ?? ""} in ${command.namespace}`;
    let isDone = false;
    await this.#attempt(what, async () => {
      const result = await this.#system.run(command);
      isDone = result.code === 0 || isHarmless(result.stderr);
      if (!isDone) this.#fail(what, explain(result.stderr, command.input));
    });
    return isDone;
  }

  async #batch(
    program: readonly string[],
    namespace: string,
    lines: readonly string[],
    isHarmless?: (stderr: string) => boolean,
  ): Promise<void> {
    if (lines.length === 0) return;
    const input = lines.map((line) => `${line}\n`).join("");
    await this.#run({ namespace, argv: [...program, "-force", "-batch", "-"], input }, isHarmless);
  }

  #ip(namespace: string, lines: readonly string[], isHarmless?: (stderr: string) => boolean): Promise<void> {
    return this.#batch(["ip"], namespace, lines, isHarmless);
  }

  /** `latest`: asked when all but the insides is done, for what the insides should be by then. */
  async carryOut(changes: Changes, latest: () => Changes): Promise<void> {
    this.failures.push(...changes.problems);
    const removed = new Map(changes.removeLinks);
    const hostRemoved = removed.get("host") ?? [];
    removed.delete("host");
    await Promise.all([
      ...changes.stopServices.map((name) => this.#attempt(`stopping ${name}`, () => this.#system.stopService(name))),
      ...[...removed].map(([namespace, lines]) => this.#ip(namespace, lines, isAbsence)),
    ]);
    // The other end of a pair may have taken a link along.
    await this.#ip("host", [...hostRemoved, ...changes.namespaces], isAbsence);
    const insides = [...changes.inside];
    const tables = Promise.all(
      insides.map(async ([namespace, inside]) =>
        inside.tables === "" ? true : await this.#run({ namespace, argv: ["nft", "-f", "-"], input: inside.tables }),
      ),
    );
    const settings = insides.flatMap(([namespace, { sysctls }]) => sysctls.map((setting) => ({ namespace, ...setting })));
    // Links take their settings from their namespace when they are made; what is set of a link itself comes after.
    await this.#writeSettings(settings.filter(({ path }) => linkOfSetting(path) === undefined));
    const tunnels = changes.tunnels.map((tunnel) => this.#startTunnel(tunnel));
    await Promise.all([
      this.#ip("host", changes.hostLinks),
      ...[...changes.linksFrom].map(([namespace, lines]) => this.#ip(namespace, lines)),
    ]);
    const [areRulesThere] = await Promise.all([
      tables.then((each) => each.every(Boolean)),
      // Of links, which are there by now.
      this.#writeSettings(settings.filter(({ path }) => linkOfSetting(path) !== undefined)),
      ...tunnels,
    ]);
    // No link comes up before the rules are there: where they cannot be made the rest is left to the next look.
    if (!areRulesThere) return;
    const last = latest().inside;
    // A tunnel that is new opens itself at once: who is to answer on this very node knows it by then, or it would try again after 5 s only.
    const known = Promise.all([...last].map(([namespace, { wireguard }]) => this.#setPeers(namespace, wireguard)));
    await Promise.all([known, ...[...last].map(([namespace, inside]) => this.#inside(namespace, inside, known))]);
    await Promise.all([this.#forgetFlows(changes.forget), this.#tellServices(changes.services)]);
  }

  /** One after the other: each finds what it needs of those before it. None is started where something is missing that it needs. */
  async #tellServices({ files, start, signal }: Changes["services"]): Promise<void> {
    await Promise.all(files.map(({ path, content }) => this.#attempt(`writing ${path}`, () => this.#system.writeFile(path, content))));
    if (this.failures.length > 0) return;
    for (const service of start) {
      this.commands.push({ namespace: service.namespace, argv: service.argv });
      await this.#attempt(`starting ${service.name}`, async () => await this.#system.startService(serviceRequest(service)));
    }
    for (const name of signal) {
      this.commands.push({ namespace: "host", argv: ["signal", name] });
      await this.#attempt(`telling ${name}`, async () => await this.#system.signalService(name));
    }
  }

  /** Once routes, addresses and rules are as they are to be, so that no packet makes them anew. */
  async #forgetFlows(flows: readonly Flows[]): Promise<void> {
    if (flows.length === 0) return;
    this.commands.push({ namespace: "host", argv: ["forget", ...new Set(flows.map(({ namespace }) => namespace))] });
    await this.#attempt("remembered flows", async () => {
      const result = await this.#system.forgetFlows(flows);
      if (result.code !== 0) this.#fail("remembered flows", result.stderr);
    });
  }

  async #writeSettings(settings: readonly Setting[]): Promise<void> {
    if (settings.length === 0) return;
    this.commands.push({ namespace: "host", argv: ["settings", ...new Set(settings.map(({ namespace }) => namespace))] });
    await this.#attempt("kernel settings", async () => {
      const result = await this.#system.writeSettings(settings);
      if (result.code !== 0) this.#fail("kernel settings", result.stderr);
    });
  }

  #startTunnel(tunnel: TunnelChange): Promise<void> {
    const start = async (): Promise<void> => {
      await this.#system.startService(tunnelService(tunnel));
      await this.#system.waitForPath(tunnelSocketPath(tunnel.name));
    };
    return this.#attempt(`starting ${tunnel.name}`, async () => await this.#starting(start));
  }

  /** Of tunnels that keep what they have. */
  async #setPeers(namespace: string, wireguard: InsideChanges["wireguard"]): Promise<void> {
    await Promise.all(
      wireguard.map(async ({ name, change }) => {
        if (change.whole) return;
        await this.#run({ namespace, argv: ["wg", "set", name, ...change.peerArguments] });
      }),
    );
  }

  /** `known`: settled when the tunnels that were there know their peers. */
  async #inside(namespace: string, inside: InsideChanges, known: Promise<unknown>): Promise<void> {
    await Promise.all([
      this.#ip(namespace, inside.ip)
        .then(() => this.#batch(["ip", "-6"], namespace, inside.policies6))
        .then(() => this.#batch(["bridge"], namespace, inside.forwarding)),
      ...inside.wireguard
        .filter(({ change }) => change.whole)
        .map(async ({ name, plan }) => {
          await known;
          await this.#attempt(`configuring ${name}`, async () => {
            const input = wireguardConfiguration(plan, await this.#system.privateKeyOf(name));
            await this.#run({ namespace, argv: ["wg", "syncconf", name, "/dev/stdin"], input });
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

/** Whether two differences ask for the same namespaces, links, settings and rules, so that only addresses, routes and peers may differ. */
function sameStructure(one: Changes, other: Changes): boolean {
  const structure = (changes: Changes): unknown => [
    changes.stopServices,
    changes.services,
    [...changes.removeLinks],
    changes.namespaces,
    changes.tunnels.map(({ name, namespace, plan }) => [name, namespace, plan.socketNamespace]),
    changes.hostLinks,
    [...changes.linksFrom],
    [...changes.inside].flatMap(([name, { sysctls, tables }]) => (sysctls.length > 0 || tables !== "" ? [[name, sysctls, tables]] : [])),
  ];
  return JSON.stringify(structure(one)) === JSON.stringify(structure(other));
}

/**
 * Brings the node to the plan. With `known` (the report of the last call) only differences from that are carried out, without a look but at the
 * namespaces that are given, for as long as that goes on; without, the node is looked at first. After a repair what was looked at is looked at
 * again. `newest` gives the plan as it would be by now: making tunnels takes long enough for other nodes to say more of themselves. Errors are
 * the report's `failures`; it never throws for a command that fails, and throws where it cannot look at all.
 */
export async function apply(plan: NodePlan, system: System, known?: Known, newest: () => NodePlan = () => plan): Promise<ApplyReport> {
  const execution = new Execution(system);
  const { node, lookAt, goesOn = () => true } = known ?? {};
  const part = node === undefined || lookAt === undefined ? undefined : { known: node, names: lookAt, goesOn };
  const looks = node === undefined || part !== undefined;
  const { node: seen, left }: Look = looks ? await observe(plan, system, part) : { node, left: [] };
  const begun = part === undefined ? undefined : { ...part, names: part.names.difference(new Set(left)), goesOn: () => true };
  let observed = seen;
  let count = 0;
  let carriedOut = plan;
  const madeTunnels = new Set<string>();
  for (let pass = 1; pass <= mostPasses; pass += 1) {
    const changes = difference(carriedOut, observed);
    count += changes.count;
    if (changes.count === 0) {
      execution.failures.push(...changes.problems);
      break;
    }
    for (const { name } of changes.tunnels) madeTunnels.add(name);
    const latest = (): Changes => {
      const now = newest();
      const again = difference(now, observed);
      if (!sameStructure(changes, again)) return changes;
      carriedOut = now;
      return again;
    };
    await execution.carryOut(changes, changes.tunnels.length > 0 ? latest : () => changes);
    if (execution.failures.length > 0 || !looks || !changes.repairs) break;
    ({ node: observed } = await observe(carriedOut, system, begun));
  }
  const report = {
    ...{ plan: carriedOut, changes: count, commands: execution.commands, failures: execution.failures },
    ...{ madeTunnels: [...madeTunnels], notLooked: left },
  };
  return execution.failures.length > 0 ? report : { ...report, observed: onceApplied(carriedOut, observed) };
}

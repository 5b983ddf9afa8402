/** The node as apply sees it: programs in its namespaces, daemons under farmlab-init, keys from the key ring. */
import { existsSync, readFileSync } from "node:fs";
import type { System } from "../apply/index.ts";
import { encodeLine, startDeadline, type Clock } from "../common/index.ts";
import { entriesOf, replaceFile } from "./files.ts";
import type { InitClient } from "./init-client.ts";
import type { KeyRing } from "./key-ring.ts";
import type { ProgramRunner } from "../programs/index.ts";

/** wireguard-go opens its socket within 20 ms on an idle machine. */
const pathWaitMs = 10_000;
const lookEveryMs = 2;

export interface NodeSystemParts {
  /** Path of farmlab's native helper. */
  readonly native: string;
  /** Folder of named network namespaces. */
  readonly namespaces: string;
  readonly programs: ProgramRunner;
  readonly init: InitClient;
  readonly keys: KeyRing;
  readonly clock: Clock;
  /** Hears of a service that is about to be stopped on purpose. */
  readonly onStopping: (name: string) => void;
}

export function createNodeSystem(parts: NodeSystemParts): System {
  const { native, programs } = parts;
  return {
    // The agent is in the node's own namespace already.
    run: async (command) => await programs.run(command),
    writeSettings: async (settings) =>
      await programs.run({
        namespace: "host",
        argv: [native, "settings"],
        input: settings.map(({ namespace, path, value }) => encodeLine([namespace, path, value])).join(""),
      }),
    forgetFlows: async (flows) =>
      await programs.run({
        namespace: "host",
        argv: [native, "forget"],
        input: flows.map(({ namespace, prefix, which }) => encodeLine([namespace, ...prefix.split("/"), which])).join(""),
      }),
    startService: async (request) => {
      // `native` stands for farmlab's own program.
      const [program = "", ...rest] = request.argv;
      await parts.init.start({ ...request, argv: [program === "native" ? native : program, ...rest] });
    },
    signalService: async (name) => {
      const service = (await parts.init.list()).find((one) => one.name === name);
      if (service === undefined) throw new Error("it does not run");
      process.kill(service.pid, "SIGHUP");
    },
    writeFile: async (path, content) => await Promise.resolve(replaceFile(path, content)),
    readFile: async (path) => await Promise.resolve(existsSync(path) ? readFileSync(path, "utf8") : undefined),
    stopService: async (name) => {
      parts.onStopping(name);
      await parts.init.stop(name);
    },
    listNamespaces: async () => await Promise.resolve(entriesOf(parts.namespaces)),
    listServices: async () => (await parts.init.list()).map((service) => service.name),
    waitForPath: async (path) => {
      const look = async (): Promise<{ done: true } | { seen: string }> =>
        await Promise.resolve(existsSync(path) ? { done: true } : { seen: "not there" });
      await startDeadline(parts.clock, pathWaitMs).until(path, look, lookEveryMs);
    },
    privateKeyOf: async (name) => await Promise.resolve(parts.keys.privateKeyOf(name)),
  };
}

import { describe, expect, it } from "vitest";
import { firstFacts, firstFarm } from "../plan/first-farm.fixture.ts";
import { planNode } from "../plan/index.ts";
import { apply } from "./apply.ts";
import type { Command, CommandResult, System } from "./system.ts";

const plan = planNode("node-1", firstFarm, firstFacts);
const secret = "cHJpdmF0ZSBrZXkgb2YgYSB0ZXN0LCAzMiBieXRlcyE=";

/** A node on which every command succeeds and nothing is there; records what it is told. */
const recorder = (
  answer: (command: Command) => Partial<CommandResult> = () => ({}),
): { system: System; commands: Command[]; events: string[] } => {
  const commands: Command[] = [];
  const events: string[] = [];
  const system: System = {
    run: async (command) => {
      commands.push(command);
      events.push(`${command.argv[0]} ${command.namespace}`);
      const stdout = command.argv[0] === "ip" && command.argv.includes("-json") ? "[]\n[]\n" : "";
      return await Promise.resolve({ code: 0, stdout, stderr: "", ...answer(command) });
    },
    writeSettings: async (settings) => {
      for (const { namespace } of settings) events.push(`sysctl ${namespace}`);
      return await Promise.resolve({ code: 0, stdout: "", stderr: "" });
    },
    forgetFlows: async (flows) => {
      for (const { namespace, prefix } of flows) events.push(`forget ${prefix} in ${namespace}`);
      return await Promise.resolve({ code: 0, stdout: "", stderr: "" });
    },
    startService: async ({ name }) => {
      events.push(`start ${name}`);
      await Promise.resolve();
    },
    signalService: async (name) => {
      events.push(`signal ${name}`);
      await Promise.resolve();
    },
    writeFile: async (path) => {
      events.push(`write ${path}`);
      await Promise.resolve();
    },
    readFile: async () => await Promise.resolve(undefined),
    stopService: async (name) => {
      events.push(`stop ${name}`);
      await Promise.resolve();
    },
    listNamespaces: async () => await Promise.resolve([]),
    listServices: async () => await Promise.resolve([]),
    waitForPath: async () => await Promise.resolve(),
    privateKeyOf: async () => await Promise.resolve(secret),
  };
  return { system, commands, events };
};

const inside = plan.namespaces.flatMap(({ name }) => (name === "host" ? [] : [name]));
const listNamespaces = async (): Promise<readonly string[]> => await Promise.resolve(inside);

/** Where something was read. */
const readIn = (commands: readonly Command[]): ReadonlySet<string> =>
  new Set(commands.flatMap(({ namespace, argv }) => (argv.includes("-json") ? [namespace] : [])));

describe("apply", () => {
  it("reports what is there afterwards, from which the next call does nothing and looks at nothing", async () => {
    const first = recorder();
    const report = await apply(plan, first.system);
    expect(report.failures).toEqual([]);
    expect(report.changes).toBeGreaterThan(100);
    const second = recorder();
    const again = await apply(plan, second.system, { node: report.observed! });
    expect(again).toMatchObject({ changes: 0, commands: [], failures: [] });
    expect(second.commands).toEqual([]);
  });

  it("looks again at the namespaces that it is given, and takes all others as known but for tunnels that have ended", async () => {
    const { observed } = await apply(plan, recorder().system);
    const tunnels = plan.namespaces.flatMap(({ links }) => links.flatMap((link) => (link.kind === "wireguard" ? [link.name] : [])));
    const ended = tunnels.find((name) => name !== "wg-1abc-1");
    const { system, commands, events } = recorder();
    const listServices = async (): Promise<string[]> => await Promise.resolve(tunnels.filter((name) => name !== ended));
    const node = { ...system, listNamespaces, listServices };
    const report = await apply(plan, node, { node: observed!, lookAt: new Set(["net-1abc-1"]) });
    expect(readIn(commands)).toEqual(new Set(["net-1abc-1"]));
    expect(report.failures).toEqual([]);
    expect(events).toContain("nft net-1abc-1");
    expect(ended).toBeDefined();
    expect(events).toContain(`start ${ended}`);
  });

  it("reads the numbers of the host's links for a namespace that has a link on one, and nothing else there", async () => {
    const { observed } = await apply(plan, recorder().system);
    const { system, commands } = recorder();
    await apply(plan, { ...system, listNamespaces }, { node: observed!, lookAt: new Set(["public"]) });
    expect(readIn(commands)).toEqual(new Set(["host", "public"]));
    expect(commands.find(({ namespace, argv }) => namespace === "host" && argv.includes("-json"))?.input).toBe("link show\n");
  });

  it("leaves what a look has not begun when it does not go on, takes that as known, and looks at what it put right to the end", async () => {
    const { observed } = await apply(plan, recorder().system);
    const { system, commands, events } = recorder();
    const lookAt = new Set(plan.namespaces.map(({ name }) => name));
    const report = await apply(plan, { ...system, listNamespaces }, { node: observed!, lookAt, goesOn: () => false });
    const [first] = inside;
    expect(report.notLooked).toEqual(inside.filter((name) => name !== first));
    expect(readIn(commands)).toEqual(new Set(["host", first]));
    expect(new Set(events.flatMap((event) => (event.startsWith("nft ") ? [event.slice(4)] : [])))).toEqual(new Set(["host", first]));
  });

  it("forgets the flows of networks that are gone, once nothing is routed to them", async () => {
    const { observed } = await apply(plan, recorder().system);
    const { system, events } = recorder();
    await apply(planNode("node-1", { ...firstFarm, networks: [] }, firstFacts), system, { node: observed! });
    const forgotten = events.filter((event) => event.startsWith("forget"));
    expect(forgotten).toContain("forget 2a02:1802:5e:1abc::/64 in gateway");
    expect(forgotten).toContain("forget 10.26.188.0/24 in gateway");
    expect(forgotten).toContain("forget 10.255.26.188/32 in gateway");
    expect(events.slice(-forgotten.length)).toEqual(forgotten);
  });

  it("gives private keys on standard input only", async () => {
    const { system, commands } = recorder();
    const report = await apply(plan, system);
    expect(commands.filter((command) => command.argv.some((argument) => argument.includes(secret)))).toEqual([]);
    expect(JSON.stringify(report)).not.toContain(secret);
    expect(commands.filter((command) => command.input?.includes(secret) === true)).toHaveLength(2);
  });

  it("loads rules and settings of a namespace before its links come up", async () => {
    const { system, events } = recorder();
    await apply(plan, system);
    for (const namespace of ["gateway", "net-1abc-1"]) {
      const up = events.lastIndexOf(`ip ${namespace}`);
      expect(events.indexOf(`nft ${namespace}`)).toBeLessThan(up);
      expect(events.indexOf(`sysctl ${namespace}`)).toBeLessThan(up);
    }
  });

  it("EX-17 leaves links down where rules could not be loaded, and what it knew is forgotten", async () => {
    const { system, events } = recorder(({ namespace, argv }) =>
      namespace === "gateway" && argv[0] === "nft" && !argv.includes("-j") ? { code: 1, stderr: "no" } : {},
    );
    const report = await apply(plan, system);
    expect(report.failures.map(({ message }) => message)).toEqual(["nft in gateway: no"]);
    expect(report.observed).toBeUndefined();
    expect(events.slice(events.indexOf("nft gateway")).filter((event) => /^ip (gateway|net-|w-)/.test(event))).toEqual([]);
  });

  it("takes up what other nodes said while tunnels were made, if it changes no more than peers and routes", async () => {
    const alone = planNode("node-1", firstFarm, []);
    const { system, commands } = recorder();
    const report = await apply(alone, system, undefined, () => plan);
    expect(report.plan).toBe(plan);
    const configured = commands.find((command) => command.namespace === "net-1abc-1" && command.argv.includes("wg-1abc-1"));
    expect(configured?.input).toContain("[Peer]");
    const other = await apply(plan, recorder().system, undefined, () => planNode("node-2", firstFarm, firstFacts));
    expect(other.plan).toBe(plan);
  });

  it("names the line that failed and forgets what it knew", async () => {
    const { system } = recorder(({ namespace, argv, input }) => {
      if (namespace !== "gateway" || argv[0] !== "ip" || argv.includes("-json")) return {};
      const line = (input ?? "").split("\n").findIndex((text) => text.startsWith("route add unreachable 10.0.0.0/8")) + 1;
      return { code: 1, stderr: `RTNETLINK answers: File exists\nCommand failed -:${line}\n` };
    });
    const report = await apply(plan, system);
    expect(report.observed).toBeUndefined();
    expect(report.failures).toMatchObject([{ code: "apply-failed" }]);
    expect(report.failures[0]?.message).toContain('in "route add unreachable 10.0.0.0/8 proto 98"');
  });

  it("throws where it cannot look at the node", async () => {
    const { system } = recorder(({ argv }) => (argv.includes("-json") ? { code: 1, stderr: "no permission" } : {}));
    await expect(apply(plan, system)).rejects.toThrow("no permission");
  });
});

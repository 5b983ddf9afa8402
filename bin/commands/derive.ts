/** `farmlab derive ...`: one derivation, for a person who checks by hand. */
import { Command, InvalidArgumentError, Option } from "commander";
import { formatPrefix, hostPrefix, networkOf, parseAddress, parsePrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { deriveExitNode, seedNames } from "../../core/derive/index.ts";
import type { ExitNodeDerivation, RouteText, SeedName } from "../../core/derive/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { printProblem } from "../output.ts";

interface ExitNodeOptions {
  readonly prefix: Prefix;
  readonly exitNode: number;
  readonly allocation: number;
  readonly exitPoint?: Prefix;
  readonly gwIp4?: Prefix;
  readonly format: "text" | "json";
}

const prefixArgument = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return prefix;
  const address = parseAddress(text);
  throw new InvalidArgumentError(
    address === undefined
      ? "It is no IP prefix."
      : `Its length is missing; did you mean ${formatPrefix(networkOf({ address, length: 64 }))}?`,
  );
};

const ip4Argument = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix !== undefined) return prefix;
  const address = parseAddress(text);
  if (address === undefined) throw new InvalidArgumentError("It is no IP address.");
  return hostPrefix(address);
};

const wholeArgument = (text: string): number => {
  if (!/^-?[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError("It is no whole number.");
  return Number(text);
};

const wherever = (role: string, routes: readonly RouteText[]): readonly (readonly [string, string, string])[] =>
  routes.map(({ type, to, via, dev }) => {
    const words =
      type === "unreachable" ? ["unreachable", to] : [to, ...(via === null ? [] : ["via", via]), ...(dev === null ? [] : ["dev", dev])];
    return ["route", words.join(" "), role];
  });

/** The table of a derivation: name, value, and what it is. */
function exitNodeTable(derived: ExitNodeDerivation): string {
  const rows: readonly (readonly [string, string, string])[] = [
    ...(Object.keys(seedNames) as SeedName[]).map((name) => [name, derived[name] ?? "-", seedNames[name]] as const),
    ["WGListenPort", String(derived.WGListenPort), "WireGuard UDP port"],
    ["bridge", derived.bridge, "NR's bridge"],
    ["namespace", derived.namespace, "NR's namespace"],
    ...derived.AllowedIPs.map((allowed) => ["AllowedIPs", allowed, "what peers allow from this NR"] as const),
    ...wherever("in the gateway", derived.routes.gateway),
    ...wherever("in the exit point", derived.routes.exitPoint),
    ...wherever("in this NR", derived.routes.resource),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map(([name, value, what]) => `${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${what}\n`).join("");
}

function deriveExitNodeAction(options: ExitNodeOptions): void {
  const { prefix, exitNode, allocation, exitPoint, gwIp4 } = options;
  const outcome = deriveExitNode({
    prefix,
    exitNode,
    allocation,
    ...(exitPoint === undefined ? {} : { exitPoint }),
    ...(gwIp4 === undefined ? {} : { gatewayIp4: gwIp4 }),
  });
  for (const problem of outcome.problems) printProblem(problem);
  if (!outcome.ok) {
    process.exitCode = exitCodes.wrongInput;
    return;
  }
  process.stdout.write(options.format === "json" ? `${JSON.stringify(outcome.value, undefined, 2)}\n` : exitNodeTable(outcome.value));
}

const exitNodeExample = "farmlab derive exit-node --prefix 2a02:1802:5e:1abc::/64 --exit-node 1 --allocation 1";

export function deriveCommand(): Command {
  const command = new Command("derive").addHelpText("after", `\nExample:\n  ${exitNodeExample}\n`);
  command
    .command("exit-node")
    .description("names, addresses, port, AllowedIPs and routes of one network resource behind an exit node")
    .requiredOption("--prefix <prefix>", "the network resource's /64", prefixArgument)
    .requiredOption("--exit-node <x>", "number of the exit node, 1..15", wholeArgument)
    .requiredOption("--allocation <n>", "number of the allocation, 0..127", wholeArgument)
    .option("--exit-point <prefix>", "/64 of the network's exit point, where that is another network resource", prefixArgument)
    .option("--gw-ip4 <address>", "GWPubIP4, e.g. 185.69.166.123/24; it comes from the farmer's pool and is not derived", ip4Argument)
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Examples:
  ${exitNodeExample}
  farmlab derive exit-node --prefix 2a02:1802:5e:1b2c::/64 --exit-node 1 --allocation 1 --exit-point 2a02:1802:5e:1abc::/64 --format json
`,
    )
    .action(deriveExitNodeAction);
  return command;
}

/** `farmlab exec LAB NODE -- CMD`: passes the command's own exit code and uses 125 for its own failures. */
import { Command } from "commander";
import { enterNode } from "../enter-node.ts";
import { enterFailedCode } from "../exit-codes.ts";
import { requireLab } from "../running-lab.ts";

export function execCommand(): Command {
  return new Command("exec")
    .argument("<lab>", "name of a running lab (farmlab ls)")
    .argument("<node>", "node of the lab, e.g. node-1, upstream, internet")
    .argument("<command...>", "program and its arguments, after --")
    .option("--namespace <name>", "network namespace inside the node, e.g. gateway or net-1abc-1")
    .addHelpText(
      "after",
      `
Exit code: the program's own; 125 when it could not be run in the node, 126 and 127 as a shell has them.

Examples:
  farmlab exec exit-node upstream -- vtysh -c "show ipv6 route static"
  farmlab exec exit-node node-1 --namespace gateway -- ip -6 route
`,
    )
    .action(async (labName: string, node: string, command: string[], options: { namespace?: string }) => {
      const argv = command[0] === "--" ? command.slice(1) : command;
      const lab = await requireLab(labName, enterFailedCode);
      if (lab !== undefined) await enterNode({ lab, node, namespace: options.namespace }, argv);
    });
}

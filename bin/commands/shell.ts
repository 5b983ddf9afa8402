/** `farmlab shell LAB NODE`: a shell in a node, on this terminal. */
import { Command } from "commander";
import { enterNode } from "../enter-node.ts";
import { enterFailedCode } from "../exit-codes.ts";
import { requireLab } from "../running-lab.ts";

export function shellCommand(): Command {
  return new Command("shell")
    .argument("<lab>", "name of a running lab (farmlab ls)")
    .argument("<node>", "node of the lab")
    .option("--namespace <name>", "network namespace inside the node, e.g. gateway")
    .addHelpText("after", "\nExample:\n  farmlab shell exit-node node-1 --namespace gateway\n")
    .action(async (labName: string, node: string, options: { namespace?: string }) => {
      const lab = await requireLab(labName, enterFailedCode);
      if (lab !== undefined) await enterNode({ lab, node, namespace: options.namespace }, ["/bin/bash"]);
    });
}

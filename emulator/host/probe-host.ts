import { findImage, findNative } from "../image/index.ts";
import { asMappedRoot, subordinateIds } from "../subordinate-ids.ts";
import { attemptInNamespace, attemptLinks, isToolMissing } from "./attempts.ts";
import type { Refusal } from "./attempts.ts";
import { buildingProbes } from "./building.ts";
import { containerProbes } from "./container-probes.ts";
import { labProbes, natRuleset } from "./lab-probes.ts";
import { describeMachine } from "./machine.ts";
import { attemptSandbox } from "./namespaces.ts";
import type { Finding, Probe, Surroundings } from "./probe.ts";
import type { Capability, HostReport } from "./report.ts";
import { rootlessProbes } from "./rootless.ts";

const probes: readonly Probe[] = [...labProbes, ...containerProbes, ...rootlessProbes, ...buildingProbes];

/** Everything required tried at once, links and rules in one namespace: a hundredth of a second. Which one is missing it does not say. */
async function hasAllRequired(surroundings: Surroundings): Promise<boolean> {
  const links = "ip link add name probe0 type veth peer name probe1 && ip link add name probe2 type bridge";
  const refusals = await Promise.all([
    attemptSandbox(surroundings),
    attemptInNamespace(surroundings.rootfs, ["sh", "-c", `${links} && exec nft "$1"`, "sh", natRuleset]),
  ]);
  return subordinateIds().problem === undefined && refusals.every((refusal) => refusal === undefined);
}

/** Links that are asked for in one turn of the event loop are tried in one namespace: making and ending one costs more than a link. */
function linksTogether(rootfs: string | undefined): Surroundings["link"] {
  let asked: string[] = [];
  let answers: Promise<readonly Refusal[]> | undefined;
  return async (words) => {
    const index = asked.push(words) - 1;
    answers ??= Promise.resolve().then(() => {
      const links = asked;
      [asked, answers] = [[], undefined];
      return attemptLinks(rootfs, links);
    });
    return (await answers)[index];
  };
}

const imageHowToLook = "npm start builds the node image, whose tools do the looking";

const isRequired = (probe: Probe, root: boolean): boolean => probe.required || (!root && probe.requiredOfUsers === true);

function capabilityOf(probe: Probe, finding: Finding, root: boolean): Capability {
  const { capability, area, usedFor, standIn, howToLook = imageHowToLook } = probe;
  const required = isRequired(probe, root);
  const answer = finding.refusal ?? null;
  const present = answer === null;
  const tried = !isToolMissing(finding.refusal);
  const how = present ? null : tried ? (finding.how ?? probe.how) : howToLook;
  return { capability, area, present, tried, required, usedFor, standIn, how, answer, found: present ? (finding.found ?? null) : null };
}

function choicesOf(chosen: readonly Probe[], capabilities: readonly Capability[], root: boolean): Record<string, string> {
  const choices: Record<string, string> = { sandbox: root ? "root" : "user-namespaces" };
  chosen.forEach(({ choice }, index) => {
    if (choice !== undefined) choices[choice[0]] = capabilities[index]?.present === true ? choice[1] : choice[2];
  });
  const noVlans = capabilities.filter(({ capability, present }) => !present && ["vlan", "bridge-vlans"].includes(capability)).length === 2;
  if (noVlans) choices["vlan"] = "none";
  return choices;
}

/** What to look for: everything, what no lab of this user can do without, or the capabilities of these names. */
export type Wanted = "all" | "required" | readonly string[];

/**
 * What this machine can do, found by doing it in namespaces that vanish at once; a tenth of a second, 20 s where something hangs, or a
 * hundredth when what is required alone is asked for and there (`choices` then names the sandbox only). Tools are those of the node image
 * where it is built, else the machine's own.
 */
export async function probeHost(which: Wanted = "all"): Promise<HostReport> {
  const root = process.getuid?.() === 0;
  const rootfs = findImage()?.rootfs;
  const isChosen = (probe: Probe): boolean =>
    which === "all" || (which === "required" ? isRequired(probe, root) : which.includes(probe.capability));
  const chosen = probes.filter(isChosen);
  const native = findNative();
  const { ids } = subordinateIds();
  const mapped = native === undefined || ids === undefined ? [] : asMappedRoot(native, ids);
  const surroundings = { root, rootfs, native, mapped, link: linksTogether(rootfs) };
  const findings: readonly Finding[] =
    which === "required" && (await hasAllRequired(surroundings))
      ? chosen.map(() => ({}))
      : await Promise.all(chosen.map((probe) => probe.attempt(surroundings)));
  const capabilities = chosen.map((probe, index) => capabilityOf(probe, findings[index] ?? {}, root));
  return { root, machine: describeMachine(), capabilities, choices: choicesOf(chosen, capabilities, root) };
}

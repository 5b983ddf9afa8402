/** What a run used of what its host has, by name: for its result. */
import type { HostReport } from "../../emulator/host/index.ts";
import type { Runtime } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { expectedMesh } from "../oracle/index.ts";
import type { Session } from "./session.ts";

export type Choices = Readonly<Record<string, string>>;

/** Capabilities of which a backend's result says which version it used. */
const versionsNamed: Readonly<Record<BackendName, readonly string[]>> = { netns: [], containerlab: ["engine", "containerlab"] };

/** What is known before any lab is up. */
export function choicesOf(host: HostReport, backend: BackendName): Choices {
  const { sandbox = "unknown", ...others } = host.choices;
  const versions = versionsNamed[backend].map((name) => {
    const found = host.capabilities.find((one) => one.capability === name)?.found;
    return [name, found ?? "unknown"];
  });
  return { backend, ...(backend === "netns" ? { sandbox } : {}), ...Object.fromEntries(versions), ...others };
}

/** What a lab was made with, as seen in it: it counts before what was known before. */
export async function choicesSeen(session: Session, runtime: Runtime): Promise<Choices> {
  const choices = { image: runtime.image, node: process.version };
  const tunnel = session.world.networks
    .flatMap((network) => expectedMesh(session.world, network))
    .find((one) => one.resource.emulated && one.peers.length > 0);
  if (tunnel === undefined || session.notReady !== undefined) return choices;
  const show = ["ip", "-j", "-d", "link", "show", "dev", tunnel.name];
  // A tunnel that no agent has made is for the laws to judge.
  const text = await session.read({ node: tunnel.resource.node, namespace: tunnel.namespace }, show).catch(() => "[]");
  const [link] = JSON.parse(text) as { linkinfo?: { info_kind?: string } }[];
  if (link === undefined) return choices;
  return { ...choices, wireguard: link?.linkinfo?.info_kind === "wireguard" ? "kernel" : "wireguard-go" };
}

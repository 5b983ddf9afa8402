/** What of a lab can be captured: the ends of its links, and what is inside its nodes. */
import type { Lab } from "../lab.ts";
import type { TopologyLink } from "../topology/index.ts";
import type { CapturePlace } from "./start-capture.ts";

/** Both ends of a link, the one it is named after first. */
export function linkPlaces(lab: Lab, link: TopologyLink): CapturePlace[] {
  const [near, far] = link.endpoints;
  return [
    [near, far],
    [far, near],
  ].flatMap(([end, other]) =>
    end === undefined || other === undefined
      ? []
      : [
          {
            name: `${end.node}:${end.interface}`,
            namespacePath: lab.namespacePath(end.node),
            interface: end.interface,
            description: `link ${link.name}, to ${other.node}:${other.interface}`,
          },
        ],
  );
}

/** Kinds of link whose packets a capture can tell, as `ip` names them (emulator/native/capture_pcapng.c). */
const capturable: readonly unknown[] = ["ether", "none", "rawip", "ipip", "tunnel6", "sit"];

/** Names of the interfaces in the answer of `ip -j link` that can be captured, but the loopback. */
export function interfaceNames(answer: string): string[] {
  const links = JSON.parse(answer) as readonly { readonly ifname?: unknown; readonly link_type?: unknown }[];
  return links.flatMap(({ ifname, link_type: kind }) => (typeof ifname === "string" && capturable.includes(kind) ? [ifname] : []));
}

async function interfacesIn(lab: Lab, node: string, namespace: string | undefined): Promise<string[]> {
  const { code, stdout } = await lab.node(node).exec(["ip", "-j", "link"], namespace === undefined ? {} : { namespace });
  // A namespace that has gone meanwhile has no interfaces.
  return code === 0 ? interfaceNames(stdout) : [];
}

/** All other interfaces of a node, in its own namespace and in those inside it, as they are now. The loopbacks are not among them. */
export async function insidePlaces(lab: Lab, node: string): Promise<CapturePlace[]> {
  const ends = new Set(lab.topology.links.flatMap((link) => link.endpoints.filter((end) => end.node === node).map((end) => end.interface)));
  const { code, stdout } = await lab.node(node).exec(["ls", "/run/netns"]);
  const namespaces = code === 0 ? stdout.split("\n").filter((name) => name !== "") : [];
  const places = await Promise.all(
    [undefined, ...namespaces].map(async (namespace) => {
      const names = await interfacesIn(lab, node, namespace);
      return names
        .filter((name) => namespace !== undefined || !ends.has(name))
        .map((name): CapturePlace => {
          const where = namespace === undefined ? node : `${node}/${namespace}`;
          return { name: `${where}:${name}`, namespacePath: lab.namespacePath(node, namespace), interface: name };
        });
    }),
  );
  return places.flat();
}

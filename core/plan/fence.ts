/**
 * The fence around the gateway of an exit node that has standbys: no packet of any kind passes its upstream interface, in or out, unless
 * the agent has said within the last seconds that this node hosts the exit node. The kernel itself forgets what the agent said: an agent
 * that is dead, frozen or cut off from the store cannot keep a gateway answering that another node may have taken over (EX-14).
 */
import { gatewayNamespace } from "../derive/index.ts";
import type { NftTablePlan, NodePlan } from "./node-plan.ts";

const name = "farmlab-fence";
const hosted = "hosted";

/** ARP is seen by no other family than its own; what this node sends is fenced after, and what it gets before anything else looks at it. */
const hooks = [
  { family: "inet", incoming: "prerouting", outgoing: "postrouting" },
  { family: "arp", incoming: "input", outgoing: "output" },
] as const;

/** `up` is the gateway's upstream interface (GWPubName). */
export function fenceTables(up: string): readonly NftTablePlan[] {
  return hooks.map(({ family, incoming, outgoing }) => ({
    family,
    name,
    body: [
      `set ${hosted} {`,
      "  type ifname",
      "  flags timeout",
      "}",
      "chain to-gateway {",
      `  type filter hook ${incoming} priority -350; policy accept;`,
      `  iifname "${up}" iifname != @${hosted} drop`,
      "}",
      "chain from-gateway {",
      `  type filter hook ${outgoing} priority 350; policy accept;`,
      `  oifname "${up}" oifname != @${hosted} drop`,
      "}",
    ],
  }));
}

export const fencedNamespace: string = gatewayNamespace;

/** A gateway with a fence: its upstream interface. */
export interface FencedGateway {
  readonly link: string;
  readonly mac: string;
}

/** The gateway of a plan, where it has a fence. */
export function fencedGatewayOf(plan: NodePlan): FencedGateway | undefined {
  const gateway = plan.namespaces.find(
    (namespace) => namespace.name === fencedNamespace && namespace.tables.some((table) => table.name === name),
  );
  const up = gateway?.links.find(({ kind }) => kind === "macvlan");
  return up?.mac === undefined ? undefined : { link: up.name, mac: up.mac };
}

/** For `nft -f -` in the gateway's namespace: lets packets pass for so many milliseconds from now on, however long they had still to pass. */
export function openFence(up: string, milliseconds: number): string {
  // An element that is there keeps its time when it is added once more: it is taken out first, and nobody sees it missing.
  const elements = [`{ "${up}" }`, `{ "${up}" timeout ${milliseconds}ms }`];
  return hooks
    .map(({ family }) => `${family} ${name} ${hosted}`)
    .flatMap((set) => [`add element ${set} ${elements[0]}`, `delete element ${set} ${elements[0]}`, `add element ${set} ${elements[1]}`])
    .map((line) => `${line}\n`)
    .join("");
}

/** For `nft -f -`: lets nothing pass from now on. */
export function closeFence(): string {
  return hooks.map(({ family }) => `flush set ${family} ${name} ${hosted}\n`).join("");
}

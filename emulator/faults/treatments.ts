/** How each fault begins and is healed in a lab. */
import type { Fault } from "../../core/farm/index.ts";
import type { Direction, WiredLink, Wire, WireRule } from "../wire/index.ts";
import { FaultError, type FaultLab, type FaultNode } from "./fault-lab.ts";
import { agentClock } from "./node-clock.ts";

/** Healing is right after any part of the beginning, and more than once. */
export interface Treatment {
  begin(): Promise<void>;
  heal(): Promise<void>;
}

export interface TreatmentContext {
  readonly lab: FaultLab;
  readonly wire: Wire | undefined;
  readonly seed: number;
  /** The wire's rules for this fault have it as their name. */
  readonly name: string;
}

export type FaultOf<K extends Fault["kind"]> = Extract<Fault, { readonly kind: K }>;

const bothEnds: readonly Direction[] = [0, 1];
const nothing = (): Promise<void> => Promise.resolve();

/** What a link of a fault is, for an error message's reader. */
const howToWire = "links that faults happen to lead through the wire: name them when the topology is made";

function wireFor({ wire }: TreatmentContext): Wire {
  if (wire === undefined) throw new FaultError(`the lab has no wire; ${howToWire}`);
  return wire;
}

function linkNamed(context: TreatmentContext, name: string): WiredLink {
  const link = wireFor(context).plan.links.find((one) => one.name === name);
  if (link === undefined) throw new FaultError(`link ${name} is not wired; ${howToWire}`);
  return link;
}

function directionsOf(link: WiredLink, from: string | undefined): readonly Direction[] {
  if (from === undefined) return bothEnds;
  const found = bothEnds.filter((end) => link.ends[end].node === from);
  if (found.length === 0) throw new FaultError(`${from} is at neither end of link ${link.name}`);
  return found;
}

interface Way {
  readonly link: string;
  readonly direction: Direction;
}

/** A rule in each of these ways, set in their order, cleared in the other. */
function ruled(context: TreatmentContext, ways: readonly Way[], rule: Omit<WireRule, "seed">): Treatment {
  const wire = wireFor(context);
  return {
    async begin() {
      for (const { link, direction } of ways) await wire.setRule(link, direction, context.name, { seed: context.seed, ...rule });
    },
    async heal() {
      for (const { link, direction } of ways.toReversed()) await wire.clearRule(link, direction, context.name);
    },
  };
}

const waysOf = (link: WiredLink, from?: string): Way[] => directionsOf(link, from).map((direction) => ({ link: link.name, direction }));

/** The links of a node, all of which have to be wired: nobody else can cut them in silence. */
function linksOf(context: TreatmentContext, node: string): readonly WiredLink[] {
  const { lab } = context;
  lab.node(node);
  const links = context.wire?.plan.links.filter(({ ends }) => ends.some((end) => end.node === node)) ?? [];
  const wireNode = context.wire?.plan.node;
  const plain = lab.topology.links.find(({ endpoints }) => {
    const nodes = endpoints.map((end) => end.node);
    return nodes.includes(node) && !nodes.some((other) => other === wireNode);
  });
  if (plain !== undefined) throw new FaultError(`link ${plain.name} of ${node} is not wired; ${howToWire}`);
  return links;
}

const cutOff = (context: TreatmentContext, links: readonly WiredLink[]): Treatment =>
  links.length === 0
    ? { begin: nothing, heal: nothing }
    : ruled(
        context,
        links.flatMap((link) => waysOf(link)),
        { cut: true },
      );

function partition(context: TreatmentContext, { nodes }: FaultOf<"partition">): Treatment {
  for (const node of nodes) context.lab.node(node);
  const isInside = (node: string): boolean => nodes.includes(node);
  const wireNode = wireFor(context).plan.node;
  const leak = context.lab.topology.links.find(({ endpoints: [one, other] }) => {
    const plain = one.node !== wireNode && other.node !== wireNode;
    return plain && isInside(one.node) !== isInside(other.node);
  });
  if (leak !== undefined) throw new FaultError(`link ${leak.name} leads out of the partition and is not wired; ${howToWire}`);
  return cutOff(
    context,
    wireFor(context).plan.links.filter(({ ends: [one, other] }) => isInside(one.node) !== isInside(other.node)),
  );
}

function linkDown(context: TreatmentContext, { link: name }: FaultOf<"link-down">): Treatment {
  const { name: link } = linkNamed(context, name);
  const wire = wireFor(context);
  const both = async (state: "up" | "down"): Promise<void> => {
    for (const end of bothEnds) await wire.setCarrier(link, end, state);
  };
  return { begin: () => both("down"), heal: () => both("up") };
}

function nodeDeath(context: TreatmentContext, { node: name, carrier }: FaultOf<"node-death">): Treatment {
  const node = context.lab.node(name);
  const links = linksOf(context, name);
  const cut = cutOff(context, links);
  const neighbours = links.flatMap(({ name: link, ends }) =>
    bothEnds.filter((end) => ends[end].node !== name).map((end) => ({ link, end })),
  );
  const setCarriers = async (state: "up" | "down"): Promise<void> => {
    for (const { link, end } of carrier === "lost" ? neighbours : []) await context.wire?.setCarrier(link, end, state);
  };
  return {
    async begin() {
      await cut.begin();
      await node.powerOff();
      await setCarriers("down");
    },
    async heal() {
      await node.powerOn();
      await setCarriers("up");
      await cut.heal();
    },
  };
}

function nodePause(context: TreatmentContext, { node: name }: FaultOf<"node-pause">): Treatment {
  const node = context.lab.node(name);
  const cut = cutOff(context, linksOf(context, name));
  return {
    async begin() {
      await cut.begin();
      await node.pause();
    },
    async heal() {
      await node.resume();
      await cut.heal();
    },
  };
}

const fillTimeoutMs = 60_000;

/** More than a node's memory may hold: the file system is not the node's own but the machine's, as that of containers is. */
const roomBytesMax = 1024 ** 3;

async function requireBounded(node: FaultNode, name: string, folder: string): Promise<void> {
  const { stdout, stderr } = await node.exec(["stat", "--file-system", "--format", "%a %S", folder]);
  const [blocks, size] = /^(\d+) (\d+)$/.exec(stdout.trim())?.slice(1).map(Number) ?? [];
  if (blocks === undefined || size === undefined) throw new FaultError(`${folder} of ${name}: ${stderr.trim()}`);
  if (blocks * size <= roomBytesMax) return;
  throw new FaultError(
    `${folder} of ${name} has ${blocks * size} bytes free: that would fill the machine's disk; choose a folder in the node's memory, /run or /tmp`,
  );
}

function diskFull({ lab }: TreatmentContext, { node: name, folder }: FaultOf<"disk-full">): Treatment {
  const node = lab.node(name);
  const file = `${folder}/.farmlab-disk-full`;
  return {
    async begin() {
      await requireBounded(node, name, folder);
      const { stderr } = await node.exec(["dd", "if=/dev/zero", `of=${file}`, "bs=64k"], { timeoutMs: fillTimeoutMs });
      if (!/no space left/i.test(stderr)) throw new FaultError(`${folder} of ${name} did not get full: ${stderr.trim()}`);
    },
    async heal() {
      const { code, stderr } = await node.exec(["rm", "-f", file]);
      if (code !== 0) throw new FaultError(`${folder} of ${name} stays full: ${stderr.trim()}`);
    },
  };
}

/** Throws a FaultError, or an Error for a node that is not there, before anything is done. */
export function treatmentOf(fault: Fault, context: TreatmentContext): Treatment {
  switch (fault.kind) {
    case "packets": {
      const { kind: _, link, from, ...rule } = fault;
      return ruled(context, waysOf(linkNamed(context, link), from), rule);
    }
    case "cut":
      return ruled(context, waysOf(linkNamed(context, fault.link), fault.from), { cut: true });
    case "link-down":
      return linkDown(context, fault);
    case "partition":
      return partition(context, fault);
    case "node-death":
      return nodeDeath(context, fault);
    case "node-pause":
      return nodePause(context, fault);
    case "node-reboot": {
      const node = context.lab.node(fault.node);
      return { begin: () => node.reboot(), heal: nothing };
    }
    case "process-kill": {
      const { services } = context.lab.node(fault.node);
      return { begin: () => services.kill(fault.service, fault.signal), heal: nothing };
    }
    case "agent-clock":
      return agentClock(context, fault);
    case "disk-full":
      return diskFull(context, fault);
  }
}

/** Established flows through an exit node that has a partner: of every protocol and family, both ways, from and to all that do not die with it. */
import type { Address } from "../../core/common/index.ts";
import { createConverser } from "../../emulator/probe/index.ts";
import type { Converser, FlowFate, LastingFlow } from "../../emulator/probe/index.ts";
import { internetHost } from "../oracle/index.ts";
import type { Bar, Party } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { HarnessError } from "./law.ts";
import { leftAtLast } from "./left-at-last.ts";

/** A port that nothing else of a lab answers at; another where there are kept flows already. */
const usualPort = 7070;
const opening = { waitMs: 15_000, everyMs: 50 };

export interface KeptFlow {
  readonly text: string;
  readonly flow: LastingFlow;
}

export interface KeptFlows {
  readonly flows: readonly KeptFlow[];
  /** What became of each since it was last asked. */
  fates(): Promise<readonly FlowFate[]>;
  close(): Promise<void>;
}

interface Ends {
  readonly text: string;
  readonly from: Party;
  readonly to: Party;
  readonly address: Address;
}

const nameOf = (party: Party): string => (party.kind === "workload" ? `${party.network}/${party.name}` : "internet");

/** From who is behind an exit node to the internet on both families, and to it from there on IPv6; what is on a node that dies is left out. */
function endsThrough({ world }: Session, bar: Bar, dying: readonly string[]): readonly Ends[] {
  const behind = new Set(world.networks.filter((network) => network.bar === bar).map(({ network }) => network.name));
  const workloads = world.workloads.filter(
    ({ network, node, resource }) => behind.has(network) && resource.emulated && !dying.includes(node),
  );
  return workloads.flatMap((workload): Ends[] => {
    const [four, six] = [internetHost(world, 4), internetHost(world, 6)];
    const text = (from: Party, to: Party, family: number): string => `${nameOf(from)} > ${nameOf(to)} IPv${family}`;
    return [
      ...(four?.ipv4 === undefined || bar.config.ipv4 === undefined
        ? []
        : [{ text: text(workload, four, 4), from: workload, to: four, address: four.ipv4 }]),
      ...(six?.ipv6 === undefined
        ? []
        : [
            { text: text(workload, six, 6), from: workload, to: six, address: six.ipv6 },
            { text: text(six, workload, 6), from: six, to: workload, address: workload.ipv6 },
          ]),
    ];
  });
}

/** As many times each as come to `most` flows, or once. Throws a HarnessError where one does not get open, which is other laws' to tell. */
export async function keepFlows(
  session: Session,
  bars: readonly Bar[],
  dying: readonly string[],
  { everyMs, most, port = usualPort }: { readonly everyMs: number; readonly most: number; readonly port?: number },
): Promise<KeptFlows> {
  const { lab } = session;
  const pathOf = (party: Party): string => {
    const { node, namespace } = session.positionOf(party);
    return lab.namespacePath(node, namespace);
  };
  const ends = bars.flatMap((bar) => endsThrough(session, bar, dying));
  const once = ends.flatMap(({ text, from, address }): KeptFlow[] =>
    (["tcp", "udp", "icmp"] as const).map((protocol) => ({
      text: `${protocol} ${text}`,
      flow: { protocol, from: pathOf(from), to: address, ...(protocol === "icmp" ? {} : { port }) },
    })),
  );
  const flows = Array.from({ length: Math.max(1, Math.floor(most / Math.max(1, once.length))) }, () => once).flat();
  const converser: Converser = createConverser(lab.startHelper(["converse"]));
  try {
    for (const path of new Set(ends.map(({ to }) => pathOf(to)))) await converser.answer(path, port);
    await converser.every(everyMs);
    for (const { flow } of flows) await converser.open(flow);
    // Answers count since the last look: each flow has to have had its turn.
    const looks = { ...opening, everyMs: Math.max(opening.everyMs, 3 * everyMs) };
    const left = await leftAtLast(session, looks, async () => {
      const fates = await converser.fates();
      return flows.filter((_, index) => fates[index]?.state !== "open" || fates[index].answered === 0).map(({ text }) => text);
    });
    if (left.length > 0) throw new Error(`${left.length} flows do not get open, ${left[0]} among them`);
  } catch (error) {
    await converser.close();
    throw new HarnessError(error instanceof Error ? error.message : String(error));
  }
  return { flows, fates: async () => await converser.fates(), close: async () => await converser.close() };
}

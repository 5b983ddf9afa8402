/** EX-11 at a BAR: what comes from above by mistake is not sent back up, where it would come down again. */
import { addressIn, formatAddress, parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { gatewayIpv4, upstreamOf } from "../oracle/index.ts";
import type { Bar } from "../oracle/index.ts";
import { gatewayUpPlace, liveBars } from "../run/places.ts";
import type { Session, WatchPlace } from "../run/session.ts";
import { answerText, answerWaitMs } from "./flows.ts";
import * as frames from "./forged-frames.ts";
import { HarnessError, outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { linkAddressOf } from "./link-address.ts";
import { losesPackets, probesIn, sendUntilAnswered } from "./lossy.ts";

const law = "EX-11: no packet passes the same routing namespace twice";

/** Of nobody in a farm. */
const strangers = ["203.0.113.199", "2001:db8:99::9"].flatMap((text) => parseAddress(text) ?? []);
/** Nothing listens there: what counts is how far a packet gets. */
const port = 9;
/** On PrefixZero, and nobody's. */
const unusedHost = 0xabcd;

/** To whom nobody sends by way of a BAR: hosts of the internet, and somebody on PrefixZero. */
function destinations(session: Session, bar: Bar): Address[] {
  const hosts = session.world.internetHosts.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].flatMap((address) => address ?? []));
  const onLink = addressIn({ address: { family: 6, value: (bar.part.address.value >> 80n) << 80n }, length: 64 }, unusedHost);
  return [...hosts.filter(({ family }) => family === 6 || gatewayIpv4(bar) !== undefined), onLink];
}

async function judgeBar(session: Session, bar: Bar): Promise<{ readonly runs: number; readonly stories: readonly string[] }> {
  const upstream = upstreamOf(session.world, bar);
  if (upstream === undefined) return { runs: 0, stories: [] };
  const above: WatchPlace = { node: upstream.name, interface: "swp1" };
  const below = gatewayUpPlace(bar);
  const ends = { from: await linkAddressOf(session, above), to: await linkAddressOf(session, below) };
  const { value, sightings } = await session.watch([below], async (send, sendFrame) => {
    const sent: { readonly to: Address; readonly mark: string }[] = [];
    for (const to of destinations(session, bar)) {
      const source = strangers.find(({ family }) => family === to.family) ?? to;
      const ports = { source: port, destination: port };
      sent.push({ to, mark: await sendFrame(above, (mark) => frames.datagram(ends, { source, destination: to }, ports, mark)) });
    }
    // Behind all of them in the same queues.
    const echo = { from: above, to: bar.address6, protocol: "icmp", timeoutMs: answerWaitMs } as const;
    const { answer } = (await sendUntilAnswered(send, echo, probesIn(session.farm))).sent;
    if (answer.kind !== "reply") throw new HarnessError(`the BAR on ${bar.node} does not answer ${above.node}: ${answerText(answer)}`);
    return sent;
  });
  let runs = value.length;
  const stories = value.flatMap(({ to, mark }) => {
    const seen = sightings.filter((one) => one.token === mark);
    if (!seen.some(({ outgoing }) => !outgoing)) {
      if (!losesPackets(session.farm)) throw new HarnessError(`a packet to ${formatAddress(to)} never came to ${bar.node}`);
      runs -= 1;
      return [];
    }
    const isBack = seen.some((one) => one.outgoing && one.kind !== "error");
    const what = `a packet to ${formatAddress(to)} that router ${upstream.name} gave to the BAR on ${bar.node}`;
    return isBack ? [`${what} was handed back to it; expected: it ends there (${law})`] : [];
  });
  return { runs, stories };
}

async function nothingIsHandedBack(session: Session): Promise<PropertyOutcome> {
  let runs = 0;
  const stories: string[] = [];
  for (const bar of liveBars(session.world)) {
    const judged = await judgeBar(session, bar);
    runs += judged.runs;
    stories.push(...judged.stories);
  }
  return outcomeOf(runs, stories, { nothing: "this farm has no exit node below an upstream router" });
}

export const handedBackProperties: readonly Property[] = [
  { law: "EX-11", name: "EX-11 a BAR hands nothing back upstream", needs: seesTunnelled, run: nothingIsHandedBack },
];

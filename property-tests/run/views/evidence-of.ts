/** Looks at a flow that broke a law from four sides, while its lab is still up. */
import { DeadlineError, formatAddress } from "../../../core/common/index.ts";
import { pcapngOf } from "../../../emulator/capture/index.ts";
import { answerText, judgeFlow, partyText } from "../../laws/flows.ts";
import type { BrokenFlow, Property } from "../../laws/law.ts";
import type { Evidence, View } from "../evidence.ts";
import type { Session, Sighting } from "../session.ts";
import { planText } from "./against-plan.ts";
import { ethernets } from "./ethernet.ts";
import { guiltyLayer, type Opinions } from "./guilty.ts";
import { kernelView } from "./kernel-view.ts";
import { expectedOf, isParty, oracleFault, oracleView, placeText, senderPosition } from "./oracle-view.ts";
import type { Found } from "./outcome.ts";
import { packetsOf, sendAgain, type SentAgain } from "./send-again.ts";
import { pathOf, tablesView, walkFlow } from "./tables-view.ts";
import { circlesAt, wireFound, wireView } from "./wire-view.ts";

/** Of one flow: two looks into every namespace, a probe that may wait in vain, and captures. */
export const evidenceWaitMs = 45_000;
/** Bytes of the flow's own capture that an evidence carries. */
const captureBytesMax = 256 * 1024;
/** Ports that broken flows are sent from once more, one after the other: below those that kernels and NATs take by themselves. */
const firstSourcePort = 29_000;
const sourcePorts = 2000;
let sentAgain = 0;

function flowText({ request }: BrokenFlow): string {
  const { from } = request;
  const who = isParty(from) ? partyText(from) : "called" in from ? String(from.called) : placeText(from);
  const port = request.port === undefined ? "" : ` port ${request.port}`;
  return `${request.protocol}${port === "" ? " echo" : ""} from ${who} to ${formatAddress(request.to)}${port}`;
}

/** As the properties would judge it; undefined where only the law that it broke could. */
function judgedAgain(
  session: Session,
  { request, prediction }: BrokenFlow,
  again: SentAgain,
  found: Found | undefined,
): boolean | undefined {
  if (prediction === undefined || !isParty(request.from)) return undefined;
  const arrived = again.request?.steps.findLast(({ depth, sighting }) => depth === 0 && sighting.packet.direction === "in")?.sighting;
  const ip = arrived?.decoded.ip;
  const receiver = prediction.delivered ? session.positionOf(prediction.answeredBy) : undefined;
  const isThere = receiver !== undefined && arrived?.where === placeText(receiver) && found !== undefined && ip !== undefined;
  const arrival: Sighting | undefined = isThere
    ? {
        ...{
          place: { ...receiver, interface: "" },
          outgoing: false,
          kind: "request",
          ttl: ip.ttl,
          token: again.sent.token ?? "",
          sequence: 0,
        },
        ...{ source: formatAddress(ip.source), destination: formatAddress(ip.destination) },
      }
    : undefined;
  return judgeFlow(session, { flow: { ...request, from: request.from }, prediction, sent: again.sent, arrival }) !== undefined;
}

/** Exported for its test. Of a flow that broke while something was going on, the views show a farm to which that no longer happens: they tell only of what is still so. */
export function nowOnly({ during }: BrokenFlow, opinions: Opinions): Evidence["guilty"] {
  const guilty = guiltyLayer(opinions);
  const isOver = during !== undefined && (guilty?.layer === "oracle" || guilty?.layer === "harness");
  return isOver ? null : guilty;
}

async function gather(session: Session, property: Pick<Property, "law" | "name">, broken: BrokenFlow): Promise<Evidence> {
  sentAgain += 1;
  const sourcePort = firstSourcePort + (sentAgain % sourcePorts);
  const expected = expectedOf(session, broken);
  const again = await sendAgain(session, broken, sourcePort);
  const walked = await walkFlow(session, again.before, broken, sourcePort);
  const sender = placeText(senderPosition(session, broken));
  const wire = wireFound(again, sender, ethernets(session.lab.topology));
  const path = pathOf(walked);
  const seen = [again.request, again.reply].flatMap((life) => (life?.steps ?? []).map(({ sighting }) => sighting.where));
  const kernel = kernelView(broken, again, wire, [...path.map(({ place }) => place), ...seen], sourcePort);
  const circle = circlesAt(again.request);
  const failsAgain = circle !== undefined || judgedAgain(session, broken, again, wire);
  const capture = pcapngOf(packetsOf(again));
  const plan = await planText(session, again.before, [...path.map(({ place }) => place), ...seen]);
  const views: View[] = [oracleView(broken, expected), tablesView(walked, plan), kernel.view, wireView(again, wire)];
  return {
    ...{ law: property.law, property: property.name, flow: flowText(broken), story: broken.story, views, path },
    guilty: nowOnly(broken, {
      ...{ expected, oracleFault: oracleFault(session, broken), tables: walked.found, wire, failsAgain, lab: again.before },
      kernel: kernel.at === undefined ? undefined : { at: kernel.at, says: kernel.view.says[0] ?? "" },
      answer: answerText(again.sent.answer),
      plan,
    }),
    capture: capture.length > captureBytesMax ? null : Buffer.from(capture).toString("base64"),
  };
}

/** Never rejects: what keeps it from looking is told in the evidence, and no verdict depends on it. */
export async function evidenceOf(session: Session, property: Pick<Property, "law" | "name">, broken: BrokenFlow): Promise<Evidence> {
  const done = new AbortController();
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new DeadlineError("evidence", evidenceWaitMs, "not gathered in time")), evidenceWaitMs);
    done.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([gather(session, property, broken), late]);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      ...{ law: property.law, property: property.name, flow: flowText(broken), story: broken.story, path: [], capture: null, guilty: null },
      views: [{ view: "oracle", says: [`the four views could not be gathered: ${why}`], ends: null }],
    };
  } finally {
    done.abort();
  }
}

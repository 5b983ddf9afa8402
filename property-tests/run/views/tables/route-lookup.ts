/** What a namespace's own kernel says of where a packet goes: `ip -j route get`, which asks it and does not guess. */
import { formatAddress, parseAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { Lab } from "../../../../emulator/lab.ts";
import type { Packet } from "./packet.ts";
import type { PlaceTables } from "./place-tables.ts";

export interface RouteAnswer {
  /** `local`, `unicast`, `unreachable`, `blackhole`, `prohibit`; `none` where the kernel has no route. */
  readonly type: string;
  readonly interface: string;
  /** The next hop; absent: the destination itself. */
  readonly gateway?: Address;
  readonly source?: Address;
  /** The route that fits, or the kernel's refusal, in the words of `ip`. */
  readonly text: string;
}

export interface RouteQuestion {
  readonly packet: Packet;
  /** The interface that it came in by; absent for one that is sent here. */
  readonly in?: string;
  /** The interface that a link-local destination is on. */
  readonly zone?: string;
}

export type LookUpRoute = (place: PlaceTables, question: RouteQuestion) => Promise<RouteAnswer>;

interface Shown {
  readonly type?: string;
  readonly dst?: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
  readonly prefsrc?: string;
}

const unspecified = (address: Address): boolean => address.value === 0n;

/** What the kernel answers where a route's type, or the lack of one, makes it refuse. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/Network is unreachable/, "none"],
  [/No route to host/, "unreachable"],
  [/Invalid argument/, "blackhole"],
  [/Permission denied/, "prohibit"],
];

const routeText = ({ type, dst, gateway, via, dev }: Shown): string =>
  [
    type === undefined || type === "unicast" ? undefined : type,
    dst,
    gateway === undefined ? via?.host && `via ${via.host}` : `via ${gateway}`,
    dev === undefined ? undefined : `dev ${dev}`,
  ]
    .filter((word) => word !== undefined)
    .join(" ");

function readAnswers(stdout: string): readonly Shown[] {
  try {
    return JSON.parse(stdout) as readonly Shown[];
  } catch {
    return [];
  }
}

const lengthOf = ({ dst = "default" }: Shown): number => (dst === "default" ? 0 : Number(dst.split("/")[1] ?? 128));

export function routeLookup(lab: Lab): LookUpRoute {
  return async ({ node, namespace }, { packet, in: incoming, zone }) => {
    const question = [
      formatAddress(packet.destination),
      ...(unspecified(packet.source) ? [] : ["from", formatAddress(packet.source)]),
      ...(incoming === undefined ? [] : ["iif", incoming]),
      ...(zone === undefined ? [] : ["oif", zone]),
    ];
    const ask = async (words: readonly string[]): Promise<{ shown: Shown | undefined; complaint: string }> => {
      const options = namespace === undefined ? {} : { namespace };
      const { stdout, stderr } = await lab.node(node).exec(["ip", "-j", "route", "get", ...words, ...question], options);
      return { shown: readAnswers(stdout)[0], complaint: stderr.trim() };
    };
    // A refusal does not say by which route it is.
    const narrowest = async (address: Address): Promise<Shown | undefined> => {
      const family = address.family === 4 ? "-4" : "-6";
      const argv = ["ip", "-j", family, "-d", "route", "show", "table", "main", "match", formatAddress(address)];
      const { stdout } = await lab.node(node).exec(argv, namespace === undefined ? {} : { namespace });
      return readAnswers(stdout)
        .filter(({ type }) => type !== undefined && type !== "unicast")
        .toSorted((one, other) => lengthOf(other) - lengthOf(one))[0];
    };
    const [got, fitting] = await Promise.all([ask([]), ask(["fibmatch"])]);
    const { shown, complaint } = got;
    const text = fitting.shown === undefined ? undefined : routeText(fitting.shown);
    if (shown === undefined) {
      const said = complaint.replace(/^RTNETLINK answers: /, "");
      const refusing = await narrowest(packet.destination);
      const type = refusing?.type ?? refusals.find(([words]) => words.test(said))?.[1] ?? "none";
      return {
        type,
        interface: "",
        text: refusing === undefined ? `no route to ${formatAddress(packet.destination)} (${said})` : routeText(refusing),
      };
    }
    const gateway = parseAddress(shown.gateway ?? shown.via?.host ?? "");
    const source = parseAddress(shown.prefsrc ?? "");
    return {
      type: shown.type ?? "unicast",
      interface: shown.dev ?? "",
      ...(gateway === undefined ? {} : { gateway }),
      ...(source === undefined ? {} : { source }),
      text: text ?? routeText(shown),
    };
  };
}

/**
 * The whole state of a node as lines of text, each of one thing, without what moves by itself (counters, timers, indexes): so that what a
 * network leaves behind is the difference of two states. It is read by the kernel's own tools, not by the agent's eyes.
 */
import type { LabNode } from "../../emulator/lab.ts";

export type StateKind =
  | "namespace"
  | "link"
  | "forwarding"
  | "sender"
  | "address"
  | "route"
  | "rule"
  | "neighbour"
  | "nft"
  | "tunnel"
  | "flow"
  | "setting"
  | "socket"
  | "key";

export interface StateLine {
  readonly kind: StateKind;
  /** `host`, or the name of a namespace inside the node. */
  readonly namespace: string;
  readonly text: string;
}

/** Kinds that come and go with packets; all others only by somebody's doing. */
export const passing: ReadonlySet<StateKind> = new Set(["neighbour", "flow"]);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** Of what the kernel's tools show: what says something of a thing for as long as it is there. */
const told: Readonly<Record<"link" | "address" | "route" | "rule" | "neighbour", readonly string[]>> = {
  link: ["ifname", "flags", "mtu", "master", "group", "address", "promiscuity", "linkmode", "inet6_addr_gen_mode", "info_kind"],
  address: ["ifname", "local", "prefixlen", "scope", "dynamic", "nodad", "mngtmpaddr", "label"],
  route: ["type", "dst", "gateway", "via", "dev", "prefsrc", "protocol", "scope", "metric", "flags", "table", "pref", "nexthops"],
  rule: ["priority", "src", "dst", "fwmark", "iif", "oif", "table", "action"],
  neighbour: ["dst", "dev", "lladdr"],
};

function pick(kind: keyof typeof told, shown: JsonObject): string {
  // What the kernel finds out of the other end is not a link's own.
  const flags = Array.isArray(shown["flags"]) ? shown["flags"].filter((flag) => flag !== "LOWER_UP" && flag !== "linkdown") : undefined;
  const all: JsonObject = { ...shown, ...(flags === undefined ? {} : { flags }) };
  return told[kind]
    .filter((name) => all[name] !== undefined)
    .map((name) => `${name} ${typeof all[name] === "string" ? all[name] : JSON.stringify(all[name])}`)
    .join(" ");
}

/**
 * Everything in one program, as each start of one costs more than its answer; constant. Sections begin with `== namespace subject`. Rules
 * are shown without what they counted, and keys by their names alone. Only a VXLAN forwards to places, and the list of flows is asked for
 * only where there are any: for each answer the kernel goes through the flows of the whole machine.
 */
const lookInside = `
tried() { "$@" || failed="$failed $*"; }
failed=
echo "== $1 namespace"
echo "== $1 ip4"
links=$(tried ip -json -details -4 -batch - << 'END'
link show
address show
route show table all
rule show
neighbour show
END
[ -z "$failed" ]) || failed="$failed ip -4"
printf "%s\n" "$links"
echo "== $1 ip6"
tried ip -json -details -6 -batch - << 'END'
address show
route show table all
rule show
neighbour show
END
case "$links" in *'"info_kind":"vxlan"'*) echo "== $1 forwarding"; tried bridge fdb show;; esac
echo "== $1 nft"; tried nft --stateless list ruleset
echo "== $1 setting"; tried cat /proc/sys/net/ipv4/ip_local_reserved_ports
if [ "$2" = flows ] && [ "$(cat /proc/sys/net/netfilter/nf_conntrack_count)" != 0 ]; then
  echo "== $1 flow"; tried conntrack -L 2> /dev/null
fi
[ -z "$failed" ] || { echo "cannot look in $1:$failed" >&2; exit 1; }
`;
const script = `
flows=; if [ "$2" = flows ] && command -v conntrack > /dev/null; then flows=flows; fi
failed=
sh -c "$1" sh host "$flows" || failed=1
for name in $(ls /run/netns); do /usr/lib/farmlab/native in "$name" sh -c "$1" sh "$name" "$flows" || failed=1; done
echo "== host tunnel"; wg show all dump | cut -f 1,3-
echo "== host socket"; if [ -d /run/wireguard ]; then ls /run/wireguard; fi
echo "== host key"; if [ -f /var/lib/farmlab/keys.json ]; then grep -o '"[a-z0-9-]*":' /var/lib/farmlab/keys.json; fi
[ -z "$failed" ]
`;

type Found = Omit<StateLine, "namespace">;

/** Readers of what \`ip\` shows, one per question. */
const entries =
  (kind: keyof typeof told) =>
  (shown: readonly JsonObject[], family: string): Found[] =>
    shown.map((entry) => ({ kind, text: `IPv${family} ${pick(kind, entry)}` }));

const linkEntries = (links: readonly JsonObject[]): Found[] =>
  links.flatMap((link): Found[] => {
    const info = isObject(link["linkinfo"]) ? link["linkinfo"] : {};
    const data = isObject(info["info_data"]) ? info["info_data"] : {};
    const senders = Array.isArray(data["macaddr_data"]) ? data["macaddr_data"] : [];
    const name = String(link["ifname"]);
    const made = ["id", "local", "local6", "port", "learning"].filter((key) => data[key] !== undefined && info["info_kind"] === "vxlan");
    return [
      { kind: "link", text: pick("link", { ...link, info_kind: info["info_kind"] ?? null }) },
      ...(made.length === 0
        ? []
        : [{ kind: "link" as const, text: `${name} ${made.map((key) => `${key} ${String(data[key])}`).join(" ")}` }]),
      ...senders.map((mac): Found => ({ kind: "sender", text: `${name} takes frames of ${String(mac)}` })),
    ];
  });

/** Of a VXLAN: whose frames it sends where, a line for each place. */
function readForwarding(text: string): Found[] {
  const macs = new Map<string, string[]>();
  for (const line of nonEmpty(text)) {
    const [, mac = "", link = "", place = ""] = /^(\S+) dev (\S+) dst (\S+) /.exec(line) ?? [];
    if (place !== "") macs.set(`${link} sends to ${place}`, [...(macs.get(`${link} sends to ${place}`) ?? []), mac]);
  }
  return [...macs].map(([way, whose]) => ({ kind: "forwarding", text: `${way} what is for ${whose.toSorted().join(" ")}` }));
}

const addressEntries = (links: readonly JsonObject[], family: string): Found[] =>
  links.flatMap((link) =>
    (Array.isArray(link["addr_info"]) ? link["addr_info"] : []).filter(isObject).map((address): Found => ({
      kind: "address",
      text: `IPv${family} ${pick("address", { ...address, ifname: link["ifname"] ?? null })}`,
    })),
  );

const questions4 = [linkEntries, addressEntries, entries("route"), entries("rule"), entries("neighbour")];

/** \`ip -batch\` prints an array per question, one after the other; an empty one stands for a link without addresses of a family. */
function readIp(text: string, family: string): Found[] {
  const answers = JSON.parse(`[${text.trim().replaceAll(/\]\s*\n\s*\[/g, "],[")}]`) as JsonObject[][];
  const readers = family === "4" ? questions4 : questions4.slice(1);
  if (answers.length !== readers.length) throw new Error(`ip answered ${answers.length} of ${readers.length} questions`);
  return readers.flatMap((read, index) =>
    read(
      (answers[index] ?? []).filter((entry) => Object.keys(entry).length > 0),
      family,
    ),
  );
}

const nonEmpty = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

/** Rules as nft lists them; what is in a set for a time is put there anew all the while. */
export const withoutTimes = (rules: string): string => rules.replaceAll(/ timeout [0-9a-z]+/g, " timeout");

/** Of a table of farmlab's own: a digest of its rules, which are shown themselves. */
const isDigest = (line: string): boolean => line.startsWith('comment "farmlab ');

/** What each section's text says. */
const readers: Readonly<Record<string, (text: string, family: string) => readonly Found[]>> = {
  namespace: () => [{ kind: "namespace", text: "is there" }],
  ip: readIp,
  forwarding: readForwarding,
  flow: (text) =>
    nonEmpty(text).map((line) => ({
      kind: "flow",
      text: [line.split(" ")[0], ...(line.match(/\b(?:src|dst|sport|dport|id)=\S+/g) ?? [])].join(" "),
    })),
  nft: (text) => {
    let place: string[] = [];
    return nonEmpty(text).flatMap((line) => {
      const words = withoutTimes(line.trim());
      if (isDigest(words)) return [];
      if (words === "}") place = place.slice(0, -1);
      else if (words.endsWith("{")) place = [...place, words.slice(0, -1).trim()];
      return words === "}" ? [] : [{ kind: "nft" as const, text: words.endsWith("{") ? place.join(" > ") : [...place, words].join(" > ") }];
    });
  },
  // Not what a peer's last packet told of it.
  tunnel: (text) =>
    nonEmpty(text).map((line) => {
      const fields = line.split("\t");
      const [name = "", key = "", port = ""] = fields;
      if (fields.length <= 4) return { kind: "tunnel", text: `${name} port ${port} key ${key}` };
      const [, , , allowed = "", , , , keepalive = ""] = fields;
      return { kind: "tunnel", text: `${name} allowed-ips ${allowed} keepalive ${keepalive}` };
    }),
  // A line per port, so that one that stays does not hide one that has gone.
  setting: (text) =>
    text
      .trim()
      .split(",")
      .filter((range) => range !== "")
      .flatMap((range) => {
        const [first = 0, last = first] = range.split("-").map(Number);
        return Array.from({ length: last - first + 1 }, (_, index) => ({
          kind: "setting" as const,
          text: `reserved port ${first + index}`,
        }));
      }),
  socket: (text) => nonEmpty(text).map((name) => ({ kind: "socket", text: name })),
  key: (text) => nonEmpty(text).map((name) => ({ kind: "key", text: name.replaceAll(/[":]/g, "") })),
};

function readSection(section: string): readonly StateLine[] {
  const end = section.indexOf("\n");
  const [namespace = "", subject = ""] = section.slice(0, end).split(" ");
  const [, kind = "", family = ""] = /^([a-z]+)([46]?)$/.exec(subject) ?? [];
  const read = readers[kind];
  if (read === undefined) throw new Error(`a node's state has a section ${subject}`);
  return read(section.slice(end + 1), family).map((found) => ({ ...found, namespace }));
}

/**
 * What the node has, in every namespace; flows only where they are asked for and the node has the program that lists them. Throws where it
 * cannot be looked at.
 */
export async function stateOfNode(node: LabNode, { flows }: { readonly flows: boolean }): Promise<readonly StateLine[]> {
  const { code, stdout, stderr } = await node.exec(["sh", "-c", script, "sh", lookInside, ...(flows ? ["flows"] : [])]);
  if (code !== 0) throw new Error(`the state of ${node.name} cannot be read: ${stderr.trim()}`);
  return stdout.split(/^== /m).slice(1).flatMap(readSection);
}

export const lineText = ({ kind, namespace, text }: StateLine): string => `${kind} in ${namespace}: ${text}`;

/** What is in one state and not in the other, of the kinds that only somebody's doing changes. */
export function stateDifference(
  before: readonly StateLine[],
  after: readonly StateLine[],
): { readonly gone: readonly StateLine[]; readonly added: readonly StateLine[] } {
  const lasting = (lines: readonly StateLine[]): StateLine[] => lines.filter(({ kind }) => !passing.has(kind));
  const texts = (lines: readonly StateLine[]): ReadonlySet<string> => new Set(lines.map(lineText));
  const [had, has] = [texts(before), texts(after)];
  return {
    gone: lasting(before).filter((line) => !has.has(lineText(line))),
    added: lasting(after).filter((line) => !had.has(lineText(line))),
  };
}

/** EX-2: names that the kernel takes, each once on its node. */
import { seededRandom } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import {
  bridgeName,
  epPubName,
  gwPubName,
  gwToEPName,
  gwToVrfName,
  nrBridgePortName,
  nrLocalName,
  nrNamespace,
  sgName,
  vrfNamespace,
  vrfToGWName,
  vxName,
  wgName,
  workloadNamespace,
  workloadPortName,
} from "../../core/derive/index.ts";
import { planNode } from "../../core/plan/index.ts";
import { outcomeOf } from "./law.ts";
import type { PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

const nameBytesMax = 15;
const drawn = 64;

/** Names of one kind that one node has, or could have. */
interface Names {
  readonly node: string;
  readonly kind: "link" | "namespace";
  readonly names: readonly string[];
}

function planned({ farm, intents, facts }: PureSubject): Names[] {
  return farm.nodes.flatMap(({ name: node }) => {
    const { namespaces } = planNode(node, intents, [...facts.values()]);
    // A workload's own interface is eth0 in every workload's namespace; all others are derived.
    const links = namespaces.flatMap(({ name, links: own }) => own.filter((link) => !(name.startsWith("w-") && link.name === "eth0")));
    return [
      { node, kind: "link" as const, names: links.map(({ name }) => name) },
      { node, kind: "namespace" as const, names: namespaces.map(({ name }) => name) },
    ];
  });
}

/** A node full of resources of all parts, with the longest numbers that there are: 15 exit nodes, allocation 127, workload 254. */
function fullest({ seed }: PureSubject): Names[] {
  const random = seededRandom(seed, "EX-2");
  const numbers = Array.from({ length: drawn }, (_, index) => ((1 + (index % 15)) << 12) | random.below(0xf00));
  // Some that differ by one digit only, each at another place.
  const alike = [0x1000, 0xa000, 0x1100, 0x1010, 0x1001, 0xfeff];
  const resources = [...new Set([...alike, ...numbers])].map((number): Prefix => ({
    address: { family: 6, value: (0x2a0218020000n << 80n) | (BigInt(number) << 64n) },
    length: 64,
  }));
  return [0, 1, 10, 127].flatMap((n) => {
    const node = `a node with ${resources.length} resources of allocation ${n}`;
    const links = resources.flatMap((one) => [
      ...[
        gwToEPName(one, n),
        gwToVrfName(one, n),
        vrfToGWName(one, n),
        epPubName(one, n),
        wgName(one, n),
        vxName(one, n),
        sgName(one, n),
        nrLocalName(one, n),
        nrBridgePortName(one, n),
        bridgeName(one, n),
      ],
      ...[2, 25, 254].map((host) => workloadPortName(one, host)),
    ]);
    const gateways = Array.from({ length: 15 }, (_, index) => gwPubName(index + 1, n));
    const namespaces = resources.flatMap((one) => [
      nrNamespace(one, n),
      vrfNamespace(one, n),
      ...[2, 25, 254].map((host) => workloadNamespace(one, host)),
    ]);
    return [
      { node, kind: "link" as const, names: [...links, ...gateways] },
      { node, kind: "namespace" as const, names: ["gateway", "public", ...namespaces] },
    ];
  });
}

function judge({ node, kind, names }: Names): string[] {
  const long = names.filter((name) => new TextEncoder().encode(name).length > nameBytesMax);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...long.map((name) => `${node}: ${kind} ${name} has more than ${nameBytesMax} bytes; expected: at most (EX-2)`),
    ...twice.map((name) => `${node}: ${kind} ${name} is there twice; expected: once (EX-2)`),
  ];
}

async function shortUniqueNames(subject: PureSubject): Promise<PropertyOutcome> {
  const couldBe = fullest(subject);
  const stories = couldBe.flatMap(judge);
  // A plan in which a name is there twice is none: what could be says so before.
  const are = stories.length > 0 ? [] : planned(subject);
  return Promise.resolve(outcomeOf(couldBe.length + are.length, [...stories, ...are.flatMap(judge)]));
}

export const nameProperties: readonly PureProperty[] = [
  { law: "EX-2", name: "EX-2 every name is at most 15 bytes and there once on its node", needs: [], run: shortUniqueNames },
];

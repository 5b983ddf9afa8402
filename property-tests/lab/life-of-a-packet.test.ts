/** Packets of the first farm, followed through captures of all its links and of what is inside its nodes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectValue, parseAddress, type Address } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import {
  captureLab,
  followDrops,
  followPacket,
  labNamespaces,
  packetLifeText,
  readCaptureFiles,
  trackedFlows,
  type PacketLife,
} from "../../emulator/capture/index.ts";
import { attemptDropReasons } from "../../emulator/host/index.ts";
import { ensureNative } from "../../emulator/image/index.ts";
import type { Party } from "../oracle/index.ts";
import { openSession, type OpenSession } from "../run/open-session.ts";
import type { Sent } from "../run/session.ts";

const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const text = readFileSync(file, "utf8");
const { farm } = expectValue(loadFarm(text, file));
const address = (written: string): Address => parseAddress(written)!;
const hostV4 = "198.51.100.4";
/** An address that the farm routes to its gateway, and a port there that nothing is forwarded from. */
const [ownedIpv4, noForward] = ["185.69.166.200", 5354] as const;

let opened: OpenSession;
let folder = "";
const lives: Record<"question" | "answer" | "refused", PacketLife | undefined> = {
  question: undefined,
  answer: undefined,
  refused: undefined,
};
let givesReasons = false;

function partyNamed(name: string): Party {
  const { world } = opened.session;
  const party = [...world.workloads, ...world.internetHosts].find((one) => one.name === name);
  if (party === undefined) throw new Error(`no ${name} in this farm`);
  return party;
}

/** Each place of a life by what changed there, MACs and TTL aside. */
function places(life: PacketLife | undefined): string[] {
  return (life?.steps ?? []).map(({ sighting: { packet }, depth, changes }) => {
    const told = changes.flatMap((change) => {
      if (change.kind === "source" || change.kind === "destination") return [`${change.kind} by ${change.recorded ?? "?"}`];
      return change.kind === "into-tunnel" || change.kind === "out-of-tunnel" ? [change.kind] : [];
    });
    return [`${">".repeat(depth)}${packet.interface.name} ${packet.direction}`, ...told].join(", ");
  });
}

beforeAll(async () => {
  const intents = expectValue(intentsOf(farm));
  opened = await openSession({
    ...{ file, text, farm, intents, seed: 1, backend: "netns", image: "built", patches: [] },
    signal: new AbortController().signal,
    onStep: () => undefined,
  });
  folder = mkdtempSync(join(tmpdir(), "farmlab-life-"));
  const { session } = opened;
  const { lab } = session;
  const native = await ensureNative();
  givesReasons = (await attemptDropReasons(native)) === undefined;
  const reasons = await followDrops(native, await labNamespaces(lab));
  const capture = await captureLab(lab, { folder, inside: farm.nodes.map((node) => node.name) });
  const send = (from: string, to: string, port: number, timeoutMs: number): Promise<Sent> =>
    session.send({ from: partyNamed(from), to: address(to), protocol: "udp", port, timeoutMs });
  const answered = await send("blue-2", hostV4, session.internetPort, 5000);
  expect(answered.answer.kind).toBe("reply");
  const refused = await send("host-v4", ownedIpv4, noForward, 300);
  expect(refused.answer.kind).toBe("timeout");
  const { files, complete } = await capture.stop();
  expect(complete).toBe(true);
  const drops = "watch" in reasons ? (await reasons.watch.stop()).drops : undefined;
  const flows = (await Promise.all(lab.topology.nodes.map((node) => trackedFlows(lab, node.name)))).flat();
  const captured = expectValue(await readCaptureFiles(files));
  const follow = (token: string | undefined, kind: "request" | "answer"): PacketLife | undefined =>
    followPacket(captured, { token: token ?? "", kind }, { flows, ...(drops === undefined ? {} : { drops }) });
  lives.question = follow(answered.token, "request");
  lives.answer = follow(answered.token, "answer");
  lives.refused = follow(refused.token, "request");
});
afterAll(async () => {
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the life of a packet in the first farm", () => {
  it("leads from a hidden node through bridge, WireGuard, home NAT, routers and the gateway's NAT to the internet", () => {
    expect(lives.question?.lost).toBe(0);
    expect(places(lives.question)).toEqual([
      "node-2/w-1b2c-2:eth0 out",
      "node-2:v-1b2c-2 in",
      "node-2:nrb-1b2c-1 out",
      "node-2/net-1b2c-1:veth-1b2c-1 in",
      "node-2/net-1b2c-1:wg-1b2c-1 out",
      ">node-2:eth0 out, into-tunnel",
      ">lan-a:p2 in",
      ">lan-a:p1 out",
      ">home-a:lan in",
      ">home-a:wan out, source by home-a",
      ">internet:eth2 in",
      ">internet:eth1 out",
      ">upstream:wan in",
      ">upstream:swp1 out",
      ">prefix-zero:p1 in",
      ">prefix-zero:p2 out",
      ">node-1:eth0 in",
      ">node-1/public:public in",
      "node-1/net-1abc-1:wg-1abc-1 in, out-of-tunnel",
      "node-1/net-1abc-1:pub-1abc-1 out",
      "node-1/gateway:to-1abc-1 in",
      "node-1/gateway:pub-1-1 out, source by node-1/gateway",
      "node-1:eth1 out",
      "prefix-zero:p3 in",
      "prefix-zero:p1 out",
      "upstream:swp1 in",
      "upstream:wan out",
      "internet:eth1 in",
      "internet:eth5 out",
      "host-v4:wan in",
    ]);
    expect(packetLifeText(lives.question!)).toMatch(/\nanswered by 198\.51\.100\.4\n$/);
  });

  it("leads back the same way, through both NATs against their direction", () => {
    const turns = places(lives.answer).filter((place) => place.includes(","));
    expect(turns).toEqual([
      "node-1/gateway:to-1abc-1 out, destination by node-1/gateway",
      expect.stringMatching(/^>node-1\/public:public out, into-tunnel$/),
      ">home-a:lan out, destination by home-a",
      "node-2/net-1b2c-1:wg-1b2c-1 in, out-of-tunnel",
    ]);
    expect(places(lives.answer).at(-1)).toBe("node-2/w-1b2c-2:eth0 in");
    if (givesReasons) expect(packetLifeText(lives.answer!)).toMatch(/\narrived in node-2\/w-1b2c-2, which did not drop it\n$/);
  });

  it("loses one from the TTL at each router, and at nothing else", () => {
    const ttls = (lives.question?.steps ?? []).flatMap(({ sighting: { where }, changes }) =>
      changes.flatMap((change) => (change.kind === "ttl" ? [`${where} ${change.from}-${change.to}`] : [])),
    );
    expect(ttls).toEqual([
      "node-2/net-1b2c-1 64-63",
      "home-a 64-63",
      "internet 63-62",
      "upstream 62-61",
      "node-1/net-1abc-1 63-62",
      "node-1/gateway 62-61",
      "upstream 61-60",
      "internet 60-59",
    ]);
  });

  it("ends at the firewall that drops it, with the kernel's reason where this host gives it", () => {
    expect(places(lives.refused).at(-1)).toBe("node-1/gateway:pub-1-1 in");
    const told = packetLifeText(lives.refused!).trimEnd().split("\n").at(-1);
    expect(told).toBe(
      givesReasons
        ? "dropped in node-1/gateway: NETFILTER_DROP, by nft_do_chain, interface pub-1-1"
        : "last seen entering node-1/gateway by node-1/gateway:pub-1-1; whether it was dropped there is not given by this host",
    );
  });
});

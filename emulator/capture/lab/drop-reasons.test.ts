/** What the kernel says of packets that it gives up, in labs and beside them. */
import { execFile } from "node:child_process";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { attemptDropReasons } from "../../host/index.ts";
import { ensureNative } from "../../image/index.ts";
import type { Lab } from "../../lab.ts";
import { downAll, pair, up } from "../../netns/lab/test-labs.ts";
import { decodePacket, followDrops, labNamespaces, linkTypes, type DropWatch, type PacketDrop } from "../index.ts";

let native = "";
let refusal: string | undefined;
beforeAll(async () => {
  native = await ensureNative();
  refusal = await attemptDropReasons(native);
});
afterEach(downAll);

async function follow(lab: Lab): Promise<DropWatch | undefined> {
  const reasons = await followDrops(native, await labNamespaces(lab));
  // What the attempt found is what the watch finds: either both work or both say the same.
  if ("unavailable" in reasons) expect(reasons.unavailable).toBe(refusal);
  else expect(refusal).toBeUndefined();
  return "watch" in reasons ? reasons.watch : undefined;
}

/** The drops of UDP datagrams, in words. */
function told(drops: readonly PacketDrop[]): string[] {
  return drops.flatMap(({ bytes, reason, where, interface: link }) => {
    const { transport, payload } = decodePacket(linkTypes.rawIp, bytes);
    return transport?.kind === "udp" ? [`${where} ${link} ${reason} ${transport.destinationPort} ${Buffer.from(payload).toString()}`] : [];
  });
}

const send = async (lab: Lab, port: number, text: string): Promise<void> => {
  const argv = ["bash", "-c", `printf ${text} > /dev/udp/10.0.0.2/${port}`];
  expect(await lab.node("left").exec(argv)).toMatchObject({ code: 0 });
};

describe("drops", () => {
  it("are told with reason, place and content, of the lab that is followed and no other", async () => {
    const [lab, other] = await Promise.all([up(pair), up(pair)]);
    const rules = "add table ip f; add chain ip f input { type filter hook input priority 0; }; add rule ip f input udp dport 9 drop";
    for (const one of [lab, other]) expect(await one.node("right").exec(["nft", rules])).toMatchObject({ code: 0 });
    const watch = await follow(lab);
    await send(lab, 9, "filtered");
    await send(other, 9, "elsewhere");
    await send(lab, 10, "closed");
    // The echo is answered after all of these have been given up: packets of one link keep their order.
    expect(await lab.node("left").exec(["ping", "-c1", "-W5", "10.0.0.2"])).toMatchObject({ code: 0 });
    if (watch === undefined) return;
    const before = BigInt(Date.now()) * 1_000_000n;
    const { drops, lost } = await watch.stop();
    expect(lost).toBe(0);
    expect(told(drops)).toEqual(["right eth0 NETFILTER_DROP 9 filtered", "right eth0 NO_SOCKET 10 closed"]);
    for (const drop of drops) expect(Number(before - drop.timeNs) / 1e9).toBeLessThan(60);
    // The answer that ping has read is not among them, though the kernel gives up a copy of it.
    expect(drops.filter(({ bytes }) => decodePacket(linkTypes.rawIp, bytes).transport?.kind === "icmp" && bytes[20] === 0)).toEqual([]);
  });

  it("in a namespace inside a node are told by its name", async () => {
    const lab = await up(pair);
    const right = lab.node("right");
    const script =
      "ip netns add inner && ip link add out type veth peer name in netns inner && ip link set out up && ip addr add 10.1.0.1/24 dev out";
    expect(await right.exec(["sh", "-c", script])).toMatchObject({ code: 0 });
    const inside = "ip link set in up && ip addr add 10.1.0.2/24 dev in";
    expect(await right.exec(["sh", "-c", inside], { namespace: "inner" })).toMatchObject({ code: 0 });
    const watch = await follow(lab);
    expect(await right.exec(["bash", "-c", "printf closed > /dev/udp/10.1.0.2/11"])).toMatchObject({ code: 0 });
    expect(await right.exec(["ping", "-c1", "-W5", "10.1.0.2"])).toMatchObject({ code: 0 });
    if (watch === undefined) return;
    expect(told((await watch.stop()).drops)).toEqual(["right/inner in NO_SOCKET 11 closed"]);
  });

  it("are refused to who is not root, in words", async () => {
    const argv = [
      "--reuid",
      "65534",
      "--regid",
      "65534",
      "--clear-groups",
      "--inh-caps=+dac_read_search",
      "--ambient-caps=+dac_read_search",
    ];
    const { code, words } = await new Promise<{ code: unknown; words: string }>((resolve) => {
      execFile("setpriv", [...argv, native, "drops", "--try"], (error, _, stderr) => resolve({ code: error?.code, words: stderr }));
    });
    expect([code, words]).toEqual([3, expect.stringMatching(/^(BPF maps|the kernel's types.*|the kernel refuses the program): \S.*\n$/)]);
  });
});

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { findLab, listLabs } from "../../locate.ts";
import { downAll, isAlive, pair, plain, up, userId } from "./test-labs.ts";

afterEach(downAll);

describe("a netns lab", () => {
  it("connects its nodes on both families, with full-size packets", async () => {
    const lab = await up(pair);
    for (const address of ["10.0.0.2", "2001:db8::2"]) {
      const result = await lab
        .node("left")
        .exec(["ping", "-c1", "-W2", "-M", "do", "-s", address.includes(":") ? "1452" : "1472", address]);
      expect(result).toMatchObject({ code: 0 });
    }
  });

  it("gives the same MAC addresses for the same seed", async () => {
    const macOf = async (): Promise<string> => (await (await up(pair)).node("left").exec(["cat", "/sys/class/net/eth0/address"])).stdout;
    const [first, second] = [await macOf(), await macOf()];
    expect(first).toMatch(/^02:/);
    expect(second).toBe(first);
  });

  it("forwards through a segment with a bridge", async () => {
    const lab = await up({
      nodes: [
        { ...plain, name: "a", config: { addresses: [{ interface: "eth0", address: "10.0.0.1/24" }] } },
        { ...plain, name: "b", config: { addresses: [{ interface: "eth0", address: "10.0.0.2/24" }] } },
        { ...plain, name: "switch", role: "segment", config: { bridges: [{ name: "br0", ports: ["p1", "p2"] }] } },
      ],
      links: [
        {
          name: "one",
          endpoints: [
            { node: "a", interface: "eth0" },
            { node: "switch", interface: "p1" },
          ],
        },
        {
          name: "two",
          endpoints: [
            { node: "b", interface: "eth0" },
            { node: "switch", interface: "p2" },
          ],
        },
      ],
    });
    expect(await lab.node("a").exec(["ping", "-c1", "-W2", "10.0.0.2"])).toMatchObject({ code: 0 });
  });

  it("passes exit codes, input and large output, and keeps nodes' files apart", async () => {
    const lab = await up(pair);
    const left = lab.node("left");
    expect((await left.exec(["sh", "-c", "exit 42"])).code).toBe(42);
    expect((await left.exec(["no-such-program"])).code).toBe(127);
    expect((await left.exec(["cat"], { input: "through\n" })).stdout).toBe("through\n");
    expect((await left.exec(["head", "-c", "10000000", "/dev/zero"])).stdout).toHaveLength(10_000_000);
    await left.exec(["sh", "-c", "echo mine > /etc/mine"]);
    expect((await lab.node("right").exec(["cat", "/etc/mine"])).code).toBe(1);
    expect((await left.exec(["touch", "/usr/bin/mine"])).code).not.toBe(0);
  });

  it("XC-2 has no right on the host: its root is mapped and the old root is gone", async () => {
    const lab = await up(pair);
    expect(readFileSync(`/proc/${lab.sandboxPid}/uid_map`, "utf8").trim().split(/\s+/)).toEqual(["0", "524288", "65536"]);
    expect((await lab.node("left").exec(["sh", "-c", "ls /proc/1/root/root"])).stdout).toBe("");
    expect((await lab.node("left").exec(["mount", "-o", "remount,rw", "/"])).code).not.toBe(0);
  });

  it("claims its name, is listed, and vanishes with its holder", async () => {
    const lab = await up(pair);
    await expect(up(pair, lab.name)).rejects.toMatchObject({ code: "name-taken" });
    const found = await findLab(lab.name, userId);
    expect((await listLabs(userId)).map(({ name }) => name)).toContain(lab.name);
    process.kill(found?.holderPid ?? 0, "SIGKILL");
    await expect.poll(() => findLab(lab.name, userId), { timeout: 5000 }).toBeUndefined();
    await expect.poll(() => isAlive(lab.sandboxPid), { timeout: 5000 }).toBe(false);
  });
});

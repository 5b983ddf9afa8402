import { afterEach, describe, expect, it } from "vitest";
import { downAll, pair, up } from "./test-labs.ts";

afterEach(downAll);

const shell = (script: string): string[] => ["sh", "-c", script];

describe("what a node writes", () => {
  it("has an end, and others are not touched by it", async () => {
    const lab = await up(pair);
    const [left, right] = [lab.node("left"), lab.node("right")];
    const fill =
      "for folder in /run /tmp /dev/shm /etc; do head -c 400m /dev/zero >$folder/large || echo $folder; done 2>/dev/null; df -m --output=size /run /tmp | tail -2 | tr -d ' '";
    expect((await right.exec(shell(fill))).stdout).toBe("/run\n/tmp\n/dev/shm\n/etc\n256\n256\n");
    // A full node still runs programs and daemons, and daemons still log.
    await right.services.start({ name: "after", argv: shell("echo told; exec sleep 1000"), restart: "never" });
    await expect.poll(async () => (await right.exec(["cat", "/var/log/farmlab/after.log"])).stdout, { timeout: 10_000 }).toBe("told\n");
    expect((await right.exec(shell("echo x >/etc/small || rm /run/large; echo x >/etc/small"))).code).toBe(0);
    expect((await left.exec(shell("echo x >/tmp/small && echo x >/etc/small && cat /etc/small"))).stdout).toBe("x\n");
  });

  it("cannot be more files than the memory for them has room for", async () => {
    const lab = await up(pair);
    const result = await lab
      .node("right")
      .exec([
        "busybox",
        "sh",
        "-c",
        "mkdir /run/many; cd /run/many; i=0; while true >$i; do i=$((i+1)); [ $i -lt 100000 ] || break; done; echo $i",
      ]);
    const made = Number(result.stdout.trim());
    expect(made).toBeGreaterThan(60_000);
    expect(made).toBeLessThan(65_536);
  });
});

/** `--image host`: nodes on this machine's own programs, and nothing else of it. */
import { existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { ensureRuntime } from "../../image/index.ts";
import { netnsBackend, type NetnsLab } from "../index.ts";
import { newName, pair, type Sketch } from "./test-labs.ts";

const labs: NetnsLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.down()));
});

async function upOnHost(sketch: Sketch): Promise<NetnsLab> {
  const name = newName();
  const runtime = await ensureRuntime([], { image: "host" });
  const lab = await netnsBackend(runtime).up({ name, seed: 1, ...sketch }, { name });
  labs.push(lab);
  return lab;
}

const outputOf = async (lab: NetnsLab, node: string, ...argv: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await lab.node(node).exec(argv);
  expect([argv, code, stderr]).toEqual([argv, 0, ""]);
  return stdout.trim();
};
const shell = (lab: NetnsLab, script: string): Promise<string> => outputOf(lab, "right", "/bin/sh", "-c", script);

describe("a lab on the host's own programs", () => {
  it("runs them in nodes with links, daemons and private files", async () => {
    const [left, right] = pair.nodes;
    if (left === undefined || right === undefined) throw new Error("a pair has two nodes");
    const daemon = {
      name: "daemon",
      argv: ["/bin/sh", "-c", "echo up >/run/daemon; exec sleep 1000"],
      restart: "never",
      readyPath: "/run/daemon",
    } as const;
    const files = { "/etc/hosts": "10.0.0.1 left\n", "/etc/farmlab/agent.json": "{}\n" };
    const lab = await upOnHost({ ...pair, nodes: [left, { ...right, config: { ...right.config, files, services: [daemon] } }] });

    expect(await outputOf(lab, "left", "/bin/sh", "-c", "cat /sys/class/net/eth0/operstate")).toBe("up");
    expect(await shell(lab, "cat /etc/hosts /run/daemon /etc/farmlab/agent.json")).toBe("10.0.0.1 left\nup\n{}");
    // What one node writes, another does not see, also where the host has a file of that name.
    await shell(lab, "echo mine >>/etc/passwd && echo mine >/var/lib/mine && echo mine >/tmp/mine");
    expect(await outputOf(lab, "left", "/bin/sh", "-c", "tail -n 1 /etc/passwd; ls /var/lib /tmp")).not.toContain("mine");
    expect(readFileSync("/etc/passwd", "utf8")).not.toMatch(/^mine$/m);
    // The programs are this machine's: the same file.
    const { size, mtime } = lstatSync("/usr/bin/env");
    expect(await shell(lab, "stat -c '%s %Y' /usr/bin/env")).toBe(`${size} ${Math.floor(mtime.getTime() / 1000)}`);
    expect(await shell(lab, "/usr/lib/farmlab/node --version")).toBe(process.version);
  });

  it("shows no file of the host's beyond programs, libraries and what programs look up", async () => {
    const lab = await upOnHost(pair);
    const shown = (await shell(lab, "ls -A /")).split("\n");
    const allowed = [
      ".lib",
      "bin",
      "dev",
      "etc",
      "home",
      "lib",
      "lib32",
      "lib64",
      "libx32",
      "mnt",
      "opt",
      "proc",
      "root",
      "run",
      "sbin",
      "sys",
      "tmp",
      "usr",
      "var",
    ];
    expect(shown.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(await shell(lab, "find /root /home /mnt /opt -mindepth 1; find /var -type f")).toBe("");
    const etc = (await shell(lab, "find /etc -type f | sort")).split("\n");
    expect(
      etc.filter(
        (path) =>
          !/^\/etc\/(ethertypes|group|hosts|hostname|ld\.so\.(cache|conf)|nsswitch\.conf|passwd|protocols|services|(alternatives|iproute2|ld\.so\.conf\.d)\/.*)$/.test(
            path,
          ),
      ),
    ).toEqual([]);
    expect(etc).not.toContain("/etc/shadow");
  });

  it("changes nothing of the host, not even as the lab's root", async () => {
    const lab = await upOnHost(pair);
    const before = readdirSync("/usr/lib");
    for (const path of ["/usr/bin/mine", "/usr/lib/mine", "/bin/mine", "/mine", "/root/mine", "/usr/lib/farmlab/mine"]) {
      const { code, stderr } = await lab.node("right").exec(["/bin/sh", "-c", `echo mine >${path}`]);
      expect([path, code]).not.toEqual([path, 0]);
      expect(stderr).toMatch(/Read-only file system|Permission denied/);
    }
    for (const remount of ["/", "/usr", "/usr/lib"])
      expect((await lab.node("right").exec(["mount", "-o", "remount,rw", remount])).code).not.toBe(0);
    expect(readdirSync("/usr/lib")).toEqual(before);
    expect(existsSync("/usr/lib/farmlab")).toBe(before.includes("farmlab"));
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("host-root");
  });
});

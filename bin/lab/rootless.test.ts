/** Labs of a user who is not root: the same labs and the same verdicts, with what the user may use of the machine. */
import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { probeHost } from "../../emulator/host/index.ts";
import { isSilent } from "../../property-tests/laws/silent.ts";
import { run, temporaryFolder } from "./host.fixture.ts";
import { farmer, makeHome, newUser, seedImage } from "./user.fixture.ts";

const folder = temporaryFolder(afterAll);
chmodSync(folder, 0o755);
const user = newUser(folder);
const file = (name: string): string => join(user.checkout, name);
const farm = file("topologies/exit-node.farm.yml");
const lab = `user-${process.pid}`;
const open = { tun: true } as const;
const closed = { tun: false } as const;
const waitMs = 20_000;

/**
 * Processes of this file's labs: their holders and first processes show the folder in their words, what they start the lab in its environment.
 * Other runs of the tests may have the same user.
 */
function processes(): string[] {
  const says = (name: string, file: string, text: string): boolean => {
    try {
      return readFileSync(`/proc/${name}/${file}`, "utf8").includes(text);
    } catch {
      return false;
    }
  };
  return readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && (says(name, "cmdline", `${folder}/`) || says(name, "environ", `FARMLAB_LAB=${lab}\0`)),
  );
}

const nothingIsLeft = async (): Promise<void> => void (await vi.waitUntil(() => processes().length === 0, waitMs));

const { capabilities } = await probeHost(["user-namespaces", "subordinate-ids"]);
const missing = capabilities.flatMap(({ capability, present }) => (present ? [] : [capability]));
const needs = missing.length === 0 ? "" : ` (needs ${missing.join(", ")})`;

beforeAll(async () => {
  if (missing.length === 0) await seedImage();
});
afterAll(nothingIsLeft);

interface Judged {
  readonly host: { readonly choices: Readonly<Record<string, string>> };
  readonly results: readonly {
    readonly laws: readonly {
      readonly law: string;
      readonly verdict: string;
      readonly why: string | null;
      readonly needs: readonly string[];
    }[];
  }[];
}

describe.skipIf(missing.length > 0)(`a lab of a user who is not root${needs}`, () => {
  const up = file("emulator/topology/clab/shapes/two-nodes.clab.yml");
  const inNode = (...argv: readonly string[]): ReturnType<typeof user.farmlab> => user.farmlab(closed, "exec", lab, "n1", "--", ...argv);

  it("comes up without TUN, is entered, and is gone after down", async () => {
    expect(await user.farmlab(closed, "up", up, "--trust", "--quiet", "--name", lab)).toEqual({ code: 0, out: "", error: "" });
    expect(processes().length).toBeGreaterThan(1);
    expect((await inNode("ping", "-c1", "-W2", "192.168.0.2")).code).toBe(0);
    // Root there is the user here, and others are the user's subordinate ids.
    expect((await inNode("sh", "-c", "id -u; chown 5:6 /etc/issue; stat -c %u:%g /etc/issue")).out).toBe("0\n5:6\n");
    expect((await inNode("touch", "/usr/new")).error).toContain("Read-only file system");
    expect((await user.farmlab(closed, "ls")).out).toContain(lab);
    // Names of labs are each user's own.
    expect((await run([join(new URL("../..", import.meta.url).pathname, "farmlab"), "ls"])).out).not.toContain(lab);
    expect((await user.farmlab(closed, "down", lab, "--quiet")).code).toBe(0);
    await nothingIsLeft();
  });

  it("is gone when its holder is killed", async () => {
    expect((await user.farmlab(closed, "up", up, "--trust", "--quiet", "--name", lab)).code).toBe(0);
    const { labs } = JSON.parse((await user.farmlab(closed, "ls", "--format", "json")).out) as { labs: { holder: number }[] };
    expect(labs).toHaveLength(1);
    for (const { holder } of labs) process.kill(holder, "SIGKILL");
    await nothingIsLeft();
  });
});

describe.skipIf(missing.length > 0)(`a farm run by a user who is not root${needs}`, () => {
  it("passes every property", async () => {
    const { code, out, error } = await user.farmlab(open, "run", farm, "--quiet", "--no-skips", "--format", "json");
    expect([code, error]).toEqual([0, ""]);
    const { host, results } = JSON.parse(out) as Judged;
    expect(host.choices["sandbox"]).toBe("user-namespaces");
    const judged = results.flatMap(({ laws }) => laws).filter(({ why }) => !isSilent(why));
    expect(judged.filter(({ verdict }) => verdict !== "passed")).toEqual([]);
  });

  it("without TUN skips by name what needs tunnels, and judges the rest", async () => {
    const { code, out } = await user.farmlab(closed, "run", farm, "--quiet", "--format", "json");
    expect(code).toBe(0);
    const laws = (JSON.parse(out) as Judged).results.flatMap(({ laws }) => laws);
    const verdicts = (law: string): string[] =>
      laws.filter((one) => one.law === law).map(({ verdict, needs }) => [verdict, ...needs].join(" "));
    for (const law of ["EX-1", "EX-2", "EX-3", "EX-4", "EX-6", "XC-9"]) expect(new Set(verdicts(law))).toEqual(new Set(["passed"]));
    // Prefixes as such are judged without a node; who changes the list in a lab waits for its nodes.
    expect(new Set(verdicts("EX-5"))).toEqual(new Set(["passed", "skipped tun"]));
    for (const law of ["EX-7", "EX-8", "EX-9", "EX-10", "EX-11", "EX-17", "EX-18", "EX-20", "EX-22", "FE-1"])
      expect(new Set(verdicts(law))).toEqual(new Set(["skipped tun"]));
  });

  it("without TUN cannot be held up, and says what to do", async () => {
    const { code, error } = await user.farmlab(closed, "up", farm, "--quiet");
    expect([code, error]).toEqual([
      3,
      "error[no-tun]: this user lacks tun, used for WireGuard in user space, where the kernel has none: permission denied, open '/dev/net/tun'\nhint: sudo chmod 666 /dev/net/tun\n",
    ]);
  });
});

describe.skipIf(missing.length > 0)(`a user without subordinate ids${needs}`, () => {
  it("is told how to get them", async () => {
    const none = { tun: true, subordinate: false } as const;
    for (const command of ["run", "up"]) {
      const { code, out, error } = await user.farmlab(none, command, farm, "--quiet");
      expect([code, out]).toEqual([3, ""]);
      expect(error).toMatch(
        /^error\[no-subordinate-ids\]: this user lacks subordinate-ids, .*: \/etc\/subuid and \/etc\/subgid give farmer no 65535 ids in one range\nhint: sudo usermod --add-subuids \S+ --add-subgids \S+ farmer\n$/,
      );
    }
  });
});

if (process.env["FARMLAB_TEST_SIZE"] === "deep") {
  describe.skipIf(missing.length > 0)(`the node image built by a user who is not root${needs}`, () => {
    it("belongs to the user and the user's ids, runs, and can be removed", { timeout: 400_000 }, async () => {
      const home = makeHome(join(folder, "new-home"));
      const options = { tun: true, home } as const;
      const { code, out } = await user.farmlab(options, "run", farm, "--quiet", "--law", "EX-7");
      expect([code, out.match(/2 properties: 2 passed/)]).toEqual([0, expect.anything()]);
      const images = join(home, "cache/farmlab/image");
      const [image = ""] = readdirSync(images).filter((name) => name !== "lock");
      expect(image).toMatch(/^[0-9a-f]{16}-7000-700000-800000$/);
      expect(statSync(join(images, image, "rootfs/usr/bin/busybox")).uid).toBe(farmer.id);
      expect(statSync(join(images, image, "rootfs/etc/shadow")).gid).toBe(farmer.subordinateGroups + 41);
      // As docs/rootless.md says.
      const removed = await user.run(options, ["unshare", "--map-root-user", "--map-auto", "rm", "-r", join(folder, "home/cache/farmlab")]);
      expect(removed).toEqual({ code: 0, out: "", error: "" });
    });
  });
}

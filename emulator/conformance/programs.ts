/** Programs and files in nodes. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { ConformanceCase } from "./case.ts";
import { eventually, refused, said } from "./case.ts";
import { nodeOf, pair } from "./sketches.ts";

const manyBytes = 10_000_000;

export const programCases: readonly ConformanceCase[] = [
  {
    name: "passes exit codes, as a shell has them",
    async check({ up }) {
      const lab = await up(pair);
      for (const name of ["left", "right"]) {
        const node = lab.node(name);
        assert.equal((await node.exec(["sh", "-c", "exit 42"])).code, 42);
        assert.equal((await node.exec(["sh", "-c", "kill -9 $$"])).code, 137);
        const missing = await node.exec(["no-such-program"]);
        assert.equal(missing.code, 127);
        assert.match(missing.stderr, /no-such-program/);
        assert.equal((await node.exec(["/etc/passwd"])).code, 126);
      }
    },
  },
  {
    name: "passes input and ten megabytes of output whole, and keeps the two outputs apart",
    async check({ up }) {
      const lab = await up(pair);
      for (const name of ["left", "right"]) {
        const node = lab.node(name);
        const input = "0123456789".repeat(manyBytes / 10);
        assert.equal((await node.exec(["cat"], { input })).stdout, input);
        assert.equal((await node.exec(["wc", "-c"], { input })).stdout.trim(), String(manyBytes));
        assert.equal((await node.exec(["true"], { input })).code, 0);
        const both = await node.exec(["sh", "-c", "echo out; echo err >&2"]);
        assert.deepEqual([both.stdout, both.stderr], ["out\n", "err\n"]);
      }
    },
  },
  {
    name: "ends a program that writes without end, and says so",
    async check({ up }) {
      const lab = await up(pair);
      const endless = await lab.node("left").exec(["yes"]);
      assert.notEqual(endless.code, 0);
      assert.match(endless.stderr, /^ended after \d+ bytes of output$/m);
      assert.equal((await lab.node("left").exec(["true"])).code, 0);
    },
  },
  {
    name: "ends a program with all of its children at the timeout and when interrupted, and says so",
    async check({ up }) {
      const lab = await up(pair);
      for (const name of ["left", "right"]) {
        const node = lab.node(name);
        const script = ["sh", "-c", "echo before; sleep 7001 & sleep 7002"];
        const late = await node.exec(script, { timeoutMs: 300 });
        assert.notEqual(late.code, 0);
        assert.equal(late.stdout, "before\n");
        assert.match(late.stderr, /ended after 300 ms/);
        const controller = new AbortController();
        const running = node.exec(script, { signal: controller.signal });
        await eventually("the program to run", async () => void (await said(node, ["pgrep", "-f", "sleep 7002"])));
        controller.abort();
        assert.match((await running).stderr, /interrupted/);
        await eventually("its children to end", async () => void (await refused(node, ["pgrep", "-f", "sleep 700[12]"])));
      }
    },
  },
  {
    name: "runs many programs in a node at once",
    async check({ up }) {
      const lab = await up(pair);
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => lab.node("left").exec(["sh", "-c", `echo ${index}; exit ${index}`])),
      );
      assert.deepEqual(
        results.map(({ code, stdout }) => [code, stdout]),
        results.map((_, index) => [index, `${index}\n`]),
      );
    },
  },
  {
    name: "writes a node's files before its daemons start, keeps them apart, and shows them to the harness",
    async check({ up }) {
      const content = "a 'quoted' $line\nwith \\ and \"\u00fc\"\n";
      const service = { name: "reader", argv: ["sh", "-c", "cp /etc/mine/file /run/copy; exec sleep 1000"], restart: "never" } as const;
      const lab = await up({
        nodes: [
          nodeOf("one", { files: { "/etc/mine/file": content }, services: [{ ...service, readyPath: "/run/copy" }] }, true),
          nodeOf("two", { files: { "/var/lib/mine": content } }, true),
        ],
        links: [],
      });
      assert.equal((await lab.node("one").exec(["cat", "/run/copy"])).stdout, content);
      assert.equal(await readFile(lab.node("two").hostPath("/var/lib/mine"), "utf8"), content);
      await refused(lab.node("two"), ["cat", "/etc/mine/file"]);
      await said(lab.node("one"), ["sh", "-c", "echo changed >/etc/hostname; echo changed >/tmp/file"]);
      await refused(lab.node("two"), ["grep", "changed", "/etc/hostname", "/tmp/file"]);
    },
  },
  {
    name: "restarts a daemon that dies, as its policy says, and stops it when asked",
    async check({ up }) {
      const lab = await up({ nodes: [nodeOf("one", {}, true)], links: [] });
      const node = lab.node("one");
      await node.services.start({ name: "again", argv: ["sleep", "1001"], restart: "always" });
      await node.services.start({ name: "once", argv: ["sleep", "1002"], restart: "never" });
      const first = await said(node, ["pgrep", "-f", "sleep 1001"]);
      for (const name of ["again", "once"]) await node.services.kill(name, "SIGKILL");
      await eventually("the daemon to be there again", async () => {
        assert.notEqual(await said(node, ["pgrep", "-f", "sleep 1001"]), first);
      });
      await refused(node, ["pgrep", "-f", "sleep 1002"]);
      await node.services.stop("again");
      await refused(node, ["pgrep", "-f", "sleep 1001"]);
    },
  },
];

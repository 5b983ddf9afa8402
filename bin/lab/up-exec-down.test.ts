/** A lab that is left running and entered from other processes, each of them the launcher itself. */
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import type { Options } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDeadline } from "../../core/common/index.ts";

const launcher = new URL("../../farmlab", import.meta.url).pathname;
const farm = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const lab = `up-${process.pid}`;
const goneWaitMs = 3000;

interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly error: string;
}

async function farmlabWith(options: Options, ...argv: readonly string[]): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(launcher, argv, { reject: false, stripFinalNewline: false, ...options });
  return { code: exitCode, out: String(stdout), error: String(stderr) };
}
const farmlab = async (...argv: readonly string[]): Promise<Ran> => await farmlabWith({}, ...argv);

interface Listed {
  readonly name: string;
  readonly backend: string;
  readonly holder: number;
}

/** This lab as `farmlab ls` has it: others of this machine are none of the test's. */
async function listed(): Promise<Listed | undefined> {
  const { code, out, error } = await farmlab("ls", "--format", "json");
  expect([code, error]).toEqual([0, ""]);
  const { schema, labs } = JSON.parse(out) as { schema: string; labs: Listed[] };
  expect(schema).toBe("farmlab.ls/1");
  return labs.find((one) => one.name === lab);
}

async function startLab(): Promise<Listed> {
  expect(await farmlab("up", farm, "--name", lab, "--quiet")).toEqual({ code: 0, out: "", error: "" });
  const running = await listed();
  expect(running).toMatchObject({ name: lab, backend: "netns" });
  return running ?? { name: lab, backend: "", holder: 0 };
}

/** Every process of a lab, seen from outside: the holder and what descends from it. */
async function processesOf(holder: number): Promise<number[]> {
  const text = await readFile(`/proc/${holder}/task/${holder}/children`, "utf8").catch(() => "");
  const children = text.trim() === "" ? [] : text.trim().split(" ").map(Number);
  const below = await Promise.all(children.map(processesOf));
  return [holder, ...below.flat()];
}

/** A dead process that nobody has waited for is gone all the same. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return status !== "" && !/^State:\s+[ZX]/m.test(status);
}

async function expectGone(processes: readonly number[]): Promise<void> {
  const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };
  await startDeadline(clock, goneWaitMs).until("every process of the lab to end", async () => {
    const alive = await Promise.all(processes.map(async (pid) => ((await isAlive(pid)) ? [pid] : [])));
    return alive.flat().length === 0 ? { done: true } : { seen: `left: ${alive.flat().join(", ")}` };
  });
  expect(await readFile("/proc/net/unix", "utf8")).not.toMatch(new RegExp(`@farmlab/lab/\\d+/${lab}$`, "m"));
}

describe("a lab of farmlab up", () => {
  let processes: number[] = [];
  beforeAll(async () => {
    processes = await processesOf((await startLab()).holder);
    expect(processes.length).toBeGreaterThan(10);
  });
  afterAll(async () => {
    if ((await listed()) !== undefined) await farmlab("down", lab);
  });

  it("runs programs and passes their exit codes, also of signals and of programs that are not there", async () => {
    const codes = await Promise.all(
      ["exit 0", "exit 1", "exit 42", "exit 255", "kill -KILL $$", "exec nosuch", "exec /etc"].map(
        async (script) => (await farmlab("exec", lab, "node-1", "--", "sh", "-c", script)).code,
      ),
    );
    expect(codes).toEqual([0, 1, 42, 255, 137, 127, 126]);
    expect((await farmlab("exec", lab, "node-1", "--", "nosuch")).code).toBe(127);
  });

  it("hands standard input and megabytes of output through", async () => {
    const input = Buffer.from(Uint8Array.from({ length: 4_000_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
    const { stdout, exitCode } = await execa(launcher, ["exec", lab, "host-v4", "--", "cat"], { input, encoding: "buffer" });
    expect(exitCode).toBe(0);
    expect(input.equals(stdout)).toBe(true);
    expect((await farmlabWith({ input: "echo in\nexit 9\n" }, "shell", lab, "node-1")).code).toBe(9);
  });

  it("is entered in the namespaces inside its nodes, and has one static /52 route in the upstream router", async () => {
    const inside = await farmlab("exec", lab, "node-1", "--namespace", "gateway", "--", "ip", "-br", "link");
    expect(inside.out).toMatch(/^pub-1-1@/m);
    const routes = await farmlab("exec", lab, "upstream", "--", "vtysh", "-c", "show ipv6 route static");
    expect(routes.out.match(/\/52 /g)).toHaveLength(1);
  });

  it("says which nodes and namespaces there are to who mistypes one, with exit code 125", async () => {
    const node = await farmlab("exec", lab, "nod-1", "--", "true");
    expect(node).toMatchObject({ code: 125, out: "" });
    expect(node.error).toContain(`hint: nodes of ${lab}: grid, home-a, home-b, host-v4, host-v6, internet, lan-a, lan-b, node-1,`);
    const namespace = await farmlab("exec", lab, "node-1", "--namespace", "gatway", "--", "true");
    expect(namespace).toMatchObject({ code: 125, out: "" });
    expect(namespace.error).toContain("hint: namespaces of node-1: gateway, net-1123-1, net-1abc-1, public,");
    expect(await farmlab("exec", lab, "node-1", "--", "sh", "-c", "exit 125")).toEqual({ code: 125, out: "", error: "" });
    expect((await farmlab("exec", `${lab}-x`, "node-1", "--", "true")).code).toBe(125);
  });

  it("keeps its name for itself", async () => {
    const second = await farmlab("up", farm, "--name", lab);
    expect(second).toMatchObject({ code: 2, out: "" });
    expect(second.error).toBe(
      `error[name-taken]: a lab named ${lab} is running\nhint: farmlab down ${lab} ends it; --name gives this one another name\n`,
    );
  });

  it("leaves nothing after farmlab down, which may be told twice", async () => {
    expect(await farmlab("down", lab, lab)).toEqual({ code: 0, out: "", error: `lab ${lab} is gone\n` });
    await expectGone(processes);
    expect(await listed()).toBeUndefined();
    expect((await farmlab("down", lab)).code).toBe(2);
  });

  it("leaves nothing when its holder is killed", async () => {
    const { holder } = await startLab();
    const own = await processesOf(holder);
    const inside = execa(launcher, ["exec", lab, "node-1", "--", "sh", "-c", "echo in; exec sleep 60"], { reject: false });
    await new Promise((resolve) => inside.stdout.once("data", resolve));
    process.kill(holder, "SIGKILL");
    await expectGone(own);
    expect((await inside).exitCode).toBe(137);
    expect(await listed()).toBeUndefined();
    expect((await farmlab("exec", lab, "node-1", "--", "true")).code).toBe(125);
  });

  it("ends a farmlab up --foreground, by Ctrl-C with 130 and from elsewhere with 0", async () => {
    const start = () => execa(launcher, ["up", farm, "--name", lab, "--foreground"], { reject: false });
    type Up = ReturnType<typeof start>;
    for (const [end, code] of [
      [(up: Up): void => void up.kill("SIGINT"), 130],
      [async (): Promise<unknown> => await farmlab("down", lab), 0],
    ] as const) {
      const up = start();
      await new Promise<void>((resolve) =>
        up.stderr.on("data", (text: Buffer) => (String(text).includes("Ctrl-C ends it") ? resolve() : undefined)),
      );
      const own = await processesOf((await listed())?.holder ?? 0);
      await end(up);
      expect((await up).exitCode).toBe(code);
      await expectGone(own);
    }
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { beforeAll, describe, expect, it } from "vitest";
import { encodeLine } from "../../core/common/index.ts";
import { ensureNative } from "./native.ts";

describe("native run", () => {
  let native: string;
  beforeAll(async () => {
    native = await ensureNative();
  });

  /** What it writes for these requests until its input has ended and all programs have, and its exit code. */
  async function answersTo(requests: readonly (readonly string[])[], awaited: RegExp): Promise<{ text: string; code: number }> {
    const helper = spawn(native, ["run"], { stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    const ended = once(helper, "close");
    helper.stdin.on("error", () => {});
    helper.stdout.setEncoding("utf8");
    helper.stdout.on("data", (chunk: string) => {
      // Of an answer that is too long to look through, the beginning.
      if (text.length < 1 << 20) text += chunk;
      if (awaited.test(text)) helper.stdin.end();
    });
    helper.stdin.write(requests.map(encodeLine).join(""));
    const [code] = (await ended) as [number];
    return { text, code };
  }

  it("gives back both outputs and the exit code", async () => {
    const { text, code } = await answersTo([["run", "1", "host", "", "sh", "-c", "printf 'a\\tb\\n'; printf oops >&2; exit 3"]], /oops/);
    expect({ text, code }).toEqual({ text: "1\t3\t4\t4\na\tb\noops", code: 0 });
  });

  it("runs programs beside each other and answers in the order of their ends", async () => {
    const waits = 'read line < "$0"; echo "$line"';
    const fifo = `/tmp/farmlab-run-${process.pid}`;
    const requests = [
      ["run", "first", "host", "", "sh", "-c", `mkfifo "$0" && ${waits}; rm "$0"`, fifo],
      ["run", "second", "host", "", "sh", "-c", 'until [ -p "$0" ]; do :; done; echo said > "$0"', fifo],
    ];
    const { text } = await answersTo(requests, /first[^]*said[^]*second|second[^]*first[^]*said\n/);
    expect(text).toContain("first\t0\t5\t0\nsaid\n");
    expect(text).toContain("second\t0\t0\t0\n");
  });

  it("gives the input, which can be opened by name", async () => {
    const { text } = await answersTo([["run", "1", "host", "one\n\ttwo\\n\n", "cat", "/dev/stdin"]], /two/);
    expect(text).toBe("1\t0\t11\t0\none\n\ttwo\\n\n");
  });

  it("says by the code what could not be run", async () => {
    const requests = [
      ["run", "1", "host", "", "/no/such/program"],
      ["run", "2", "no-such-namespace", "", "true"],
      ["run", "3", "../../etc", "", "true"],
    ];
    // Who is over first answers first.
    const { text } = await answersTo(
      requests,
      /^(?=[^]*program: No such)(?=[^]*namespace: No such)(?=[^]*argument\n)(?:[^]*directory\n){2}/,
    );
    expect(text).toContain("1\t127\t0\t44\n/no/such/program: No such file or directory\n");
    expect(text).toContain("2\t125\t0\t55\nnamespace no-such-namespace: No such file or directory\n");
    expect(text).toContain("3\t125\t0\t38\nnamespace ../../etc: Invalid argument\n");
  });

  it("kills what it is told to", async () => {
    const { text } = await answersTo(
      [
        ["run", "1", "host", "", "sleep", "1000"],
        ["kill", "1"],
      ],
      /137/,
    );
    expect(text).toBe("1\t137\t0\t0\n");
  });

  it("ends a program that writes more than can be meant", async () => {
    const { text } = await answersTo([["run", "1", "host", "", "sh", "-c", "yes 1>&2"]], /\n/);
    const why = `ended after ${64 << 20} bytes of output\n`;
    expect(text.slice(0, text.indexOf("\n"))).toBe(`1\t143\t0\t${(64 << 20) + why.length}`);
  });

  it("gives up on what is no request", async () => {
    const { text, code } = await answersTo([["run", "1"]], /never/);
    expect({ text, code }).toEqual({ text: "", code: 1 });
  });
});

/**
 * Bad topology files and what is said of them: `errors/NAME.clab.yml` and `errors/NAME.txt`; good ones of the shapes that people write and
 * what is read from them: `shapes`. `npx vitest run --project unit emulator/topology -u` writes the texts anew.
 */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { expectValue, formatProblem, type Outcome } from "../../../core/common/index.ts";
import { readClab, type Topology } from "../index.ts";

const ending = ".clab.yml";
const folder = (name: string): URL => new URL(`${name}/`, import.meta.url);
const namesIn = (name: string): string[] => readdirSync(folder(name)).filter((file) => file.endsWith(ending));
const golden = (from: string, name: string, extension: string): string => new URL(name.replace(ending, extension), folder(from)).pathname;

const read = (text: string, file: string, environment: Readonly<Record<string, string>> = {}): Outcome<Topology> =>
  readClab(text, file, { environment: { HOME: "/home/me", ...environment }, folder: "/labs", seed: 1 });

const report = ({ problems }: Outcome<Topology>): string =>
  problems.map((problem) => `${formatProblem(problem, { color: false })}\n`).join("");

describe("a bad topology file is refused with line, column and hint", () => {
  it.each(namesIn("errors"))("%s", async (name) => {
    const outcome = read(readFileSync(new URL(name, folder("errors")), "utf8"), name);
    expect(outcome.ok).toBe(false);
    for (const { hint, place } of outcome.problems) expect([hint === undefined || hint === "", place?.file]).toEqual([false, name]);
    await expect(report(outcome)).toMatchFileSnapshot(golden("errors", name, ".txt"));
  });

  it("one that is too large, or has too many nodes", () => {
    const nodes = Array.from({ length: 4097 }, (_, index) => `    n${index}: { kind: linux }\n`).join("");
    const codes = (text: string): string[] =>
      read(text, "x").problems.flatMap(({ severity, code }) => (severity === "error" ? [code] : []));
    expect(codes(`name: t\ntopology:\n  nodes:\n${nodes}`)).toEqual(["too-many-nodes"]);
    expect(codes(`name: t${" ".repeat(1024 * 1024)}`)).toEqual(["file-too-large"]);
  });
});

describe("a topology file of a usual shape is read", () => {
  it.each(namesIn("shapes"))("%s", async (name) => {
    const outcome = read(readFileSync(new URL(name, folder("shapes")), "utf8"), name);
    const text = `${stringify(expectValue(outcome), { aliasDuplicateObjects: false, lineWidth: 140 })}---\n${report(outcome)}`;
    await expect(text).toMatchFileSnapshot(golden("shapes", name, ".txt"));
  });

  it("a link needs no less than IPv6 does, and is warned of where it has", () => {
    const text =
      "name: t\ntopology: { nodes: { a: { kind: bridge }, b: { kind: bridge } }, links: [{ endpoints: [a:e, b:e], mtu: 1279 }] }";
    expect(read(text, "x").problems.map(({ severity, code }) => [severity, code])).toEqual([["warning", "small-mtu"]]);
  });
});

describe("variables are replaced as containerlab replaces them", () => {
  const image = (written: string, environment: Readonly<Record<string, string>> = {}): string | undefined =>
    expectValue(read(`name: t\ntopology: { nodes: { n: { kind: linux, image: "${written}" } } }`, "x", environment)).nodes[0]?.container
      ?.image;

  it.each([
    ["$IMAGE", "a:1", "$IMAGE"],
    ["${IMAGE}", "a:1", "$IMAGE"],
    ["x-${IMAGE}-$IMAGE.y", "x-a:1-a:1.y", "x-$IMAGE-$IMAGE.y"],
    ["${IMAGE:=b:2}", "a:1", "b:2"],
    ["${IMAGE:-/b-2+3=4}", "a:1", "/b-2+3=4"],
    ["${IMAGE-b}", "a:1", "b"],
    ["${IMAGE:+b}c", "bc", "c"],
    ["${IMAGE:=$OTHER}", "a:1", "$OTHER"],
    ["$$IMAGE", "$IMAGE", "$IMAGE"],
    ["$1 ${2} $. $", "$1 ${2} $. $", "$1 ${2} $. $"],
  ])("%s", (written, set, unset) => {
    expect([image(written, { IMAGE: "a:1" }), image(written)]).toEqual([set, unset]);
  });

  it("a value may hold what changes the file's lines, and places stay the file's", () => {
    const text = 'name: t\ntopology:\n  nodes:\n    n: { kind: "$K", image: "$K", imge: x }\n';
    const [problem] = read(text, "x", { K: "linux\n          many\n          lines" }).problems;
    expect([problem?.place?.line, problem?.place?.column]).toEqual([4, 35]);
  });
});

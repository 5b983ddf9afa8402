import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue, formatProblem } from "../common/index.ts";
import { loadFarm } from "../farm/index.ts";
import { checkFarm } from "./index.ts";

const drawing = readFileSync(new URL("../../topologies/exit-node.farm.yml", import.meta.url), "utf8");

/** What is said of expectations, each with its place. */
function said(text: string, ...expectations: readonly string[]): string {
  const written = `${text}expectations:\n${expectations.map((one) => `  - { ${one} }\n`).join("")}`;
  const found = checkFarm(expectValue(loadFarm(written, "x.farm.yml"))).filter(({ code }) => code.startsWith("expects-"));
  return found.map((problem) => `${formatProblem(problem, { color: false })}\n`).join("");
}

it("says which expectations cannot come true, and why", async () => {
  const report = said(
    drawing,
    "from: red/red-1, to: blue/blue-1, family: ipv4",
    "from: internet, to: blue/blue-3, service: tcp/80, family: ipv4",
    "from: internet, to: blue/blue-1, service: tcp/80, family: ipv4, reachable: false",
    "from: red/red-1, to: blue/blue-2, reachable: false",
    "from: blue/blue-1, to: blue/blue-2, family: ipv4, reachable: false",
    "from: blue/blue-1, to: internet, reachable: false",
  );
  await expect(report).toMatchFileSnapshot(new URL("golden/expectations.txt", import.meta.url).pathname);
});

it("says so where a gateway has no IPv4, or no host of the internet is there to be asked", async () => {
  const without = drawing.replace(", ipv4: 185.69.166.123/24", "").replace('    host-v6: { ipv6: "2001:db8:6::6" }\n', "");
  const report = said(
    without,
    "from: red/red-1, to: internet",
    "from: internet, to: blue/blue-1, service: tcp/80",
    "from: red/red-2, to: internet, service: tcp/443, family: ipv6",
  );
  await expect(report).toMatchFileSnapshot(new URL("golden/expectations-unasked.txt", import.meta.url).pathname);
});

it("says nothing of what the farm's machines decide", () => {
  const possible = [
    "from: red/red-1, to: blue/blue-1, family: ipv4, reachable: false",
    "from: internet, to: blue/blue-1, service: tcp/80",
    "from: internet, to: blue/blue-3, service: tcp/80",
    "from: blue/blue-1, to: internet, service: tcp/443",
    "from: internet, to: blue/blue-3, family: ipv4, service: udp/53, reachable: false",
    "from: red/red-1, to: red/red-2",
  ];
  expect(said(drawing, ...possible)).toBe("");
});

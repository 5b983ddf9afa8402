/** Captures of links and of what is inside nodes. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectValue } from "../../core/common/index.ts";
import { captureLab, decodePacket, readCaptureFiles, type Capture } from "../capture/index.ts";
import type { Lab } from "../lab.ts";
import type { ConformanceCase } from "./case.ts";
import { pingArguments, said } from "./case.ts";
import { pair } from "./sketches.ts";

/** What is captured of a lab while something is done in it. */
async function captured(lab: Lab, inside: readonly string[], work: () => Promise<unknown>): Promise<Capture> {
  const folder = await mkdtemp(join(tmpdir(), "farmlab-conformance-"));
  try {
    const capture = await captureLab(lab, { folder, inside });
    await work();
    const { files, complete } = await capture.stop();
    assert.ok(complete);
    return expectValue(await readCaptureFiles(files));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Where echoes were seen, in the order of time. */
function echoes({ packets }: Capture): string[] {
  return packets.flatMap(({ interface: { name, linkType }, direction, bytes }) => {
    const { transport } = decodePacket(linkType, bytes);
    const echo = transport !== undefined && "echo" in transport ? transport.echo : undefined;
    return echo === undefined ? [] : [`${name} ${direction} ${echo.reply ? "reply" : "request"}`];
  });
}

export const captureCases: readonly ConformanceCase[] = [
  {
    name: "is captured at both ends of a link, in the order of time, with none lost",
    async check({ up }) {
      const lab = await up(pair);
      for (const to of ["10.0.0.2", "2001:db8::2"]) {
        const capture = await captured(lab, [], async () => await said(lab.node("left"), pingArguments(to)));
        const expected = ["left:eth1 out request", "right:eth1 in request", "right:eth1 out reply", "left:eth1 in reply"];
        assert.deepEqual(echoes(capture), expected);
        assert.deepEqual([capture.notes, capture.counts.map(({ dropped }) => dropped)], [[], [0, 0]]);
      }
    },
  },
  {
    name: "is captured in the namespaces inside its nodes",
    async check({ up }) {
      const lab = await up(pair);
      const right = lab.node("right");
      await said(right, ["ip", "netns", "add", "inner"]);
      await said(right, ["ip", "link", "add", "out", "type", "veth", "peer", "name", "in", "netns", "inner"]);
      await said(right, ["ip", "link", "set", "out", "up"]);
      await said(right, ["ip", "address", "add", "10.1.0.1/24", "dev", "out"]);
      await said(right, ["ip", "link", "set", "in", "up"], "inner");
      await said(right, ["ip", "address", "add", "10.1.0.2/24", "dev", "in"], "inner");
      const capture = await captured(lab, ["right"], async () => await said(right, pingArguments("10.1.0.2")));
      const expected = ["right:out out request", "right/inner:in in request", "right/inner:in out reply", "right:out in reply"];
      assert.deepEqual(echoes(capture), expected);
    },
  },
];

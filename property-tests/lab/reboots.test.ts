/** Every node of the first farm starts again, each while the others run; then all laws hold as before. */
import { readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import { intentsOf, wishesOf } from "../../core/intents/index.ts";
import { probeHost } from "../../emulator/host/index.ts";
import { isSilent } from "../laws/silent.ts";
import { judgeFarm } from "../run/judge.ts";
import { openFarm, selectProperties } from "../run/index.ts";
import { beginSession } from "../run/open-session.ts";

const file = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const text = readFileSync(file, "utf8");
const keysFile = "/var/lib/farmlab/keys.json";
const waitMs = 30_000;

it("a farm whose nodes have all been rebooted is as it was", async () => {
  const { farm } = expectValue(loadFarm(text, file));
  const intents = expectValue(intentsOf(farm));
  const { signal } = new AbortController();
  const onStep = (): undefined => undefined;
  const name = `run-${process.pid}-reboots`;
  const live = await openFarm({ farm, wishes: wishesOf(farm), seed: 1, name, signal, onStep });
  try {
    const { lab, streams } = live;
    const ofFarm = farm.nodes.map((node) => node.name);
    // Not what is in them: in a run from a seed an agent would make the same keys again.
    const keys = (): string[] =>
      ofFarm.map((node) => {
        const { ino, ctimeMs } = statSync(lab.node(node).hostPath(keysFile));
        return `${node} ${ino} ${ctimeMs}`;
      });
    const before = keys();
    for (const node of lab.topology.nodes) if (!ofFarm.includes(node.name)) await lab.node(node.name).reboot();
    // The store has what it had: nothing is written again.
    const revision = await live.writeIntents(wishesOf(farm));
    expect(revision).toBe(live.revision);
    streams.forget();
    await Promise.all(ofFarm.map((node) => lab.node(node).reboot()));
    await live.untilReady(revision, waitMs);
    expect(keys()).toEqual(before);
    const { session } = await beginSession(live, { file, text, farm, intents, seed: 1, signal, onStep });
    const { capabilities } = await probeHost();
    const present = new Set(capabilities.flatMap((one) => (one.present ? [one.capability] : [])));
    const laws = await judgeFarm(session, selectProperties([]), { signal, capabilities: present, onEvent: () => undefined });
    expect(laws.length).toBeGreaterThan(0);
    expect(laws.filter(({ verdict, why }) => verdict !== "passed" && !isSilent(why))).toEqual([]);
  } finally {
    await live.close();
  }
});

/** Another store in a farm's store's place, which has lost everything (EX-18). */
import { factsPrefix, openStore, StoreError } from "../../core/store/index.ts";
import { storeDataFolder } from "../../topologies/index.ts";
import type { ServiceSpec } from "../../emulator/topology/index.ts";
import { clockOfSession } from "../run/clock.ts";
import type { Session } from "../run/session.ts";
import { HarnessError } from "./law.ts";
import { leftAtLast } from "./left-at-last.ts";
import { serviceOf, storeHostOf } from "./services.ts";

const nextFolder = `${storeDataFolder}/next`;
const nextSocketPath = "/run/next-store.sock";
const nextPeerUrl = "http://127.0.0.1:2390";
const scratchKey = "/scratch";
/** Agents go on writing to the store while the other one is made ready. */
const spareRevisions = 100;

/** The same daemon with nothing in it, beside the store, where nobody hears it who is not on its host. What it says of itself is what it says in the store's place. */
function besides(service: ServiceSpec): ServiceSpec {
  const own = new Map([
    ["--data-dir", nextFolder],
    ["--listen-client-urls", `unix://${nextSocketPath}`],
    ["--listen-peer-urls", nextPeerUrl],
  ]);
  const argv = service.argv.map((word, index) => own.get(service.argv[index - 1] ?? "") ?? word);
  return { ...service, name: "next-store", argv, readyPath: nextSocketPath };
}

/** A daemon that has just begun on a busy machine may leave its first calls unanswered. */
const filling = { waitMs: 20_000, everyMs: 10 };

/** Until the other store has had so many revisions. */
async function fill(session: Session, host: string, revisions: number): Promise<void> {
  const endpoints = [`unix:${session.lab.node(host).hostPath(nextSocketPath)}`];
  const next = openStore({ endpoints, clock: clockOfSession(session), random: () => 0 });
  let revision = 0;
  try {
    const [left] = await leftAtLast(session, filling, async () => {
      try {
        while (revision <= revisions) revision = await next.put(scratchKey, "");
        await next.delete(scratchKey);
        return [];
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        return [error.message];
      }
    });
    if (left !== undefined) throw new HarnessError(`the other store could not be filled: ${left}`);
  } finally {
    next.close();
  }
}

export interface Replaced {
  /** The last revision of the old store. */
  readonly last: number;
  /** For how long there was none, milliseconds. */
  readonly awayMs: number;
}

/**
 * Ends the store and starts another one, with nothing in it, in its place. That has more revisions than agents have seen of the old one: its
 * revision alone does not tell that it is another. It is made ready before, so that farms are without a store as briefly as after a restart.
 */
export async function replaceStore(session: Session): Promise<Replaced> {
  const host = session.lab.node(storeHostOf(session));
  const service = serviceOf(session, host.name, "store");
  const next = besides(service);
  await host.services.start(next);
  try {
    const { revision } = await session.store.range(factsPrefix);
    await fill(session, host.name, revision + spareRevisions);
  } finally {
    await host.services.stop(next.name);
  }
  const { revision: last } = await session.store.range(factsPrefix);
  const beganMs = session.nowMs();
  await host.services.stop(service.name);
  await session.read({ node: host.name }, [
    "sh",
    "-c",
    'rm -rf "$0/member" && mv "$0/next/member" "$0/" && rmdir "$0/next"',
    storeDataFolder,
  ]);
  await host.services.start(service);
  return { last, awayMs: session.nowMs() - beganMs };
}

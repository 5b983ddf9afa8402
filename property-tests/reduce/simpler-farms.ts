/** Farms that are as large and yet simpler to read: tried when nothing goes any more in chunks. */
import { formatAddress, parseAddress } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { isSound, takeOut } from "./take-out.ts";

interface Simpler {
  readonly document: FarmFile;
  /** What has become simpler. */
  readonly gone: readonly string[];
}

const lowestHost = 2;

type Networks = NonNullable<FarmFile["networks"]>;

/** Every workload has the lowest host number that is free on its node. */
function lowHosts(document: FarmFile): FarmFile {
  const networks: [string, Networks[string]][] = Object.entries(document.networks ?? {}).map(([name, network]) => {
    const taken = new Map<string, number>();
    const workloads = Object.entries(network.workloads ?? {}).map(([workload, held]) => {
      const host = taken.get(held.node) ?? lowestHost;
      taken.set(held.node, host + 1);
      return [workload, { ...held, host }] as const;
    });
    return [name, network.workloads === undefined ? network : { ...network, workloads: Object.fromEntries(workloads) }];
  });
  return document.networks === undefined ? document : { ...document, networks: Object.fromEntries(networks) };
}

/** The first of 203.0.113.0/24 (RFC 5737) that the file does not hold, from its end: files that people write count from its beginning. */
function freeAddress(document: FarmFile): string {
  const text = JSON.stringify(document);
  const base = parseAddress("203.0.113.0")?.value ?? 0n;
  for (let last = 254n; last > 0n; last -= 1n) {
    const address = formatAddress({ family: 4, value: base + last });
    if (!text.includes(`"${address}`)) return address;
  }
  return "203.0.113.254";
}

/** A customer of a carrier, with a public address of its own in place of the carrier. */
function withoutCarrier(document: FarmFile, name: string): FarmFile | undefined {
  const router = document["home-routers"]?.[name];
  if (router?.behind === undefined) return undefined;
  const { behind, ...own } = router;
  const routers: NonNullable<FarmFile["home-routers"]> = {
    ...document["home-routers"],
    [name]: { ...own, wan4: freeAddress(document) },
  };
  const changed = { ...document, "home-routers": routers };
  const isLast = !Object.values(routers).some((other) => other.behind === behind);
  return isLast ? takeOut(changed, [["carriers", behind]]) : changed;
}

type TimelineEntry = NonNullable<FarmFile["timeline"]>[number];

const shares = ["loss-percent", "reorder-percent", "duplicate-percent", "corrupt-percent"] as const;

/** What happens to some packets happens to all: a failure that hung on chance shows every time. */
function certain(entry: TimelineEntry): TimelineEntry {
  const toAll = shares.filter((key) => (entry[key] ?? 100) < 100).map((key) => [key, 100]);
  return { ...entry, ...Object.fromEntries(toAll) };
}

/** Nothing is waited for before the first thing happens. */
function atOnce(timeline: readonly TimelineEntry[]): TimelineEntry[] {
  const firstMs = Math.min(...timeline.map((entry) => entry["at-ms"]));
  return timeline.map((entry) => ({
    ...entry,
    "at-ms": entry["at-ms"] - firstMs,
    ...(entry["until-ms"] === undefined ? {} : { "until-ms": entry["until-ms"] - firstMs }),
  }));
}

/** Timelines that are simpler to read. */
function simplerTimelines({ timeline = [] }: FarmFile): readonly { readonly timeline: TimelineEntry[]; readonly gone: string }[] {
  if (timeline.length === 0) return [];
  return [
    { timeline: timeline.map(certain), gone: "chance" },
    { timeline: atOnce(timeline), gone: "the time before the first thing happens" },
  ];
}

/** Simpler farms than this one, all of them sound; those that are simpler in most first. */
export function simplerFarms(document: FarmFile): readonly Simpler[] {
  const simpler: readonly Simpler[] = [
    ...Object.keys(document["home-routers"] ?? {}).flatMap((name) => {
      const freed = withoutCarrier(document, name);
      return freed === undefined ? [] : [{ document: freed, gone: [`the carrier of ${name}`] }];
    }),
    ...simplerTimelines(document).map(({ timeline, gone }) => ({ document: { ...document, timeline }, gone: [gone] })),
    { document: lowHosts(document), gone: ["high host numbers"] },
  ];
  return simpler.filter((one) => JSON.stringify(one.document) !== JSON.stringify(document) && isSound(one.document, document));
}

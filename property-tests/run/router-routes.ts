/**
 * Routers take routes out and in some time after a link of theirs has gone or come back, and after they have started (FRR: its daemons hear of
 * it one after the other). Waited for here, so that no property takes that time for a loss.
 */
import { DeadlineError, startDeadline } from "../../core/common/index.ts";
import type { Clock } from "../../core/common/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Lab } from "../../emulator/lab.ts";

const settleWaitMs = 5000;
const lookEveryMs = 20;

interface KernelRoute {
  readonly dst: string;
  readonly protocol: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly flags?: readonly string[];
}

/** Of the upstream routers that are asked, by their names. */
export type RouterRoutes = ReadonlyMap<string, readonly KernelRoute[]>;

async function routesOf(lab: Lab, router: string): Promise<readonly KernelRoute[]> {
  const tables = (["-4", "-6"] as const).map(async (family) => {
    const { stdout } = await lab.node(router).exec(["ip", "-j", "-d", family, "route", "show", "table", "main"]);
    return JSON.parse(stdout === "" ? "[]" : stdout) as KernelRoute[];
  });
  return (await Promise.all(tables)).flat();
}

/** What upstream routers have in their kernels, but for those in `off`. */
export async function routerRoutes({ upstreams }: Farm, lab: Lab, off: readonly string[] = []): Promise<RouterRoutes> {
  const asked = upstreams.filter(({ name }) => !off.includes(name));
  return new Map(await Promise.all(asked.map(async ({ name }) => [name, await routesOf(lab, name)] as const)));
}

const routeText = ({ dst, protocol, dev, gateway, flags = [] }: KernelRoute): string =>
  [dst, protocol, dev, gateway, ...flags].filter((word) => word !== undefined).join(" ");

/** What the kernel itself keeps on a dead link says nothing: it stays and comes back with the link. */
const isLeft = ({ protocol, flags = [] }: KernelRoute): boolean =>
  protocol !== "kernel" && flags.some((flag) => /^(linkdown|dead)$/.test(flag));

const leftOver = (routes: RouterRoutes): readonly string[] => [...routes.values()].flat().filter(isLeft).map(routeText);

function missing(before: RouterRoutes, now: RouterRoutes): readonly string[] {
  return [...before].flatMap(([router, routes]) => {
    const present = new Set(now.get(router)?.map(routeText));
    return routes.map(routeText).filter((route) => !present.has(route));
  });
}

/** Until nothing is left of what `look` gives. What stays is for the laws to judge, so this gives up without a word. */
async function untilNone(clock: Clock, what: string, look: () => Promise<readonly string[]>): Promise<void> {
  try {
    await startDeadline(clock, settleWaitMs).until(
      what,
      async () => {
        const left = await look();
        return left.length === 0 ? { done: undefined } : { seen: left.join("; ") };
      },
      lookEveryMs,
    );
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
}

/** Until routers, but for those in `off`, have no route left over links that have gone: a link that comes back before they have noticed takes routes away later. */
export async function untilWithdrawn(farm: Farm, lab: Lab, clock: Clock, off: readonly string[]): Promise<void> {
  await untilNone(clock, "routers to take out the routes of dead links", async () => leftOver(await routerRoutes(farm, lab, off)));
}

/** Until routers have the routes again that they had. */
export async function untilRouted(farm: Farm, lab: Lab, clock: Clock, before: RouterRoutes): Promise<void> {
  await untilNone(clock, "routers to have their routes again", async () => missing(before, await routerRoutes(farm, lab)));
}

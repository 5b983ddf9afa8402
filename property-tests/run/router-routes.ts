/**
 * Routers take routes out and in some time after a link of theirs has gone or come back, and after they have started (FRR: its daemons hear of
 * it one after the other). Waited for here, so that no property takes that time for a loss. What never settles is for the laws to judge.
 */
import { leftAtLast } from "../laws/left-at-last.ts";
import type { Session } from "./session.ts";

const settling = { waitMs: 5000, everyMs: 20 };

/** What upstream routers have in their kernels, by the router's name: a line a route, as `ip` shows it. */
export type RouterRoutes = ReadonlyMap<string, readonly string[]>;

/** FRR gives its next hops new numbers as it puts them in again. */
const withoutNumber = (line: string): string => line.replace(/ nhid \d+/, "").trim();

/** `off`: a node that cannot be asked. */
export async function routerRoutes(session: Session, off?: string): Promise<RouterRoutes> {
  const asked = session.farm.upstreams.filter(({ name }) => name !== off);
  const routes = asked.map(async ({ name }) => {
    const tables = ["-4", "-6"].map(
      async (family) => await session.read({ node: name }, ["ip", "-o", family, "route", "show", "table", "main"]),
    );
    const lines = (await Promise.all(tables)).flatMap((text) => text.split("\n"));
    return [name, lines.map(withoutNumber).filter((line) => line !== "")] as const;
  });
  return new Map(await Promise.all(routes));
}

/** What the kernel itself keeps on a dead link says nothing: it stays and comes back with the link. */
const isLeftOver = (route: string): boolean => /\b(?:linkdown|dead)\b/.test(route) && !/\bproto kernel\b/.test(route);

/** Until routers have no route left over links that have gone: were such a link back before they notice, they would take its routes out later. */
export async function untilWithdrawn(session: Session, off: string): Promise<void> {
  await leftAtLast(session, settling, async () => [...(await routerRoutes(session, off)).values()].flat().filter(isLeftOver));
}

/** Until routers have the routes again that they had. */
export async function untilRouted(session: Session, before: RouterRoutes): Promise<void> {
  await leftAtLast(session, settling, async () => {
    const now = await routerRoutes(session);
    return [...before].flatMap(([router, routes]) => routes.filter((route) => now.get(router)?.includes(route) !== true));
  });
}

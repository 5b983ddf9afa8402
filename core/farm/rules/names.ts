/** Names: hosts, routers, nodes and segments all become nodes of a lab, so that they share one space of names. */
import type { Path } from "../../common/reading/index.ts";
import type { Rule } from "./rule.ts";
import { refuseKey, repeats } from "./rule.ts";

interface Named {
  readonly name: string;
  readonly what: string;
  readonly path: Path;
}

export const nameRules: Rule = (farm) => {
  const named: Named[] = [
    ...farm.segments.map(({ name }, index) => ({ name, what: "a segment", path: ["segments", index] })),
    ...farm.internet.hosts.map(({ name }) => ({ name, what: "a host on the internet", path: ["internet", "hosts", name] })),
    ...farm.upstreams.map(({ name }) => ({ name, what: "an upstream router", path: ["upstreams", name] })),
    ...farm.homeRouters.map(({ name }) => ({ name, what: "a home router", path: ["home-routers", name] })),
    ...farm.carriers.map(({ name }) => ({ name, what: "a carrier", path: ["carriers", name] })),
    ...farm.nodes.map(({ name }) => ({ name, what: "a node", path: ["nodes", name] })),
  ];
  return repeats(named, ({ name }) => name).map(({ entry, first }) =>
    refuseKey(
      "duplicate-name",
      entry.path,
      `"${entry.name}" is ${first.what} already`,
      "hosts, routers, nodes and segments share one space of names",
    ),
  );
};

import { describe, expect, it } from "vitest";
import type { NodePlan, ServiceFile, ServicePlan } from "../plan/index.ts";
import { nothing } from "./observed.ts";
import type { ObservedNode } from "./observed.ts";
import { filesOf, serviceChanges, serviceRequest } from "./services.ts";

const file = (change: ServiceFile["change"], content = "new"): ServiceFile => ({ path: `/run/farmlab/${change}`, content, change });
const service = (...files: readonly ServiceFile[]): ServicePlan => ({
  ...{ name: "farmlab-vrrp-1-6", namespace: "gateway", argv: ["keepalived", "--dont-fork"], files },
});
const plan = (...services: readonly ServicePlan[]): NodePlan => ({ node: "exit-1", namespaces: [], services });
const node = (
  services: readonly string[],
  files: Readonly<Record<string, string>>,
  namespaces: readonly string[] = ["gateway"],
): ObservedNode => ({
  ...{ services: new Set(services), files: new Map(Object.entries(files)) },
  namespaces: new Map(namespaces.map((name) => [name, nothing])),
});
const running = ["farmlab-vrrp-1-6"];

describe("serviceChanges", () => {
  it("starts a daemon that does not run, once its files are there", () => {
    const { start, files, stop } = serviceChanges(plan(service(file("signal"))), node([], {}));
    expect([start.map(({ name }) => name), files.map(({ path }) => path), stop]).toEqual([running, ["/run/farmlab/signal"], []]);
  });

  it("changes nothing where it runs with the files that are planned", () => {
    const wanted = plan(service(file("signal"), file("restart")));
    const held = Object.fromEntries(filesOf(wanted));
    expect(serviceChanges(wanted, node(running, held))).toEqual({ stop: [], files: [], start: [], signal: [] });
  });

  it.each([
    ["signal", { signal: running, stop: [], start: [] }],
    ["restart", { signal: [], stop: running, start: running }],
    ["none", { signal: [], stop: [], start: [] }],
  ] as const)("does what a changed file asks for: %s", (change, expected) => {
    const { signal, stop, start, files } = serviceChanges(
      plan(service(file(change))),
      node(running, { [`/run/farmlab/${change}`]: "old" }),
    );
    expect({ signal, stop, start: start.map(({ name }) => name) }).toEqual(expected);
    expect(files).toEqual([file(change)]);
  });

  it("starts anew what ran in a namespace that is gone, and stops what nobody plans", () => {
    const wanted = service(file("none"));
    const lost = serviceChanges(plan(wanted), node(running, { "/run/farmlab/none": "new" }, []));
    expect([lost.stop, lost.start]).toEqual([running, [wanted]]);
    const { stop } = serviceChanges(plan(), node([...running, "agent", "wg-1abc-1"], {}));
    expect(stop).toEqual(running);
  });
});

describe("serviceRequest", () => {
  it("asks for the namespace that a daemon runs in, and that it is started again when it dies", () => {
    expect(serviceRequest(service())).toMatchObject({ namespace: "gateway", restart: "always" });
    expect(serviceRequest({ ...service(), namespace: "host" })).not.toHaveProperty("namespace");
  });
});

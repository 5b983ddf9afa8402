import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Topology } from "../topology/index.ts";
import { deployFile } from "./deploy-file.ts";

const topology: Topology = {
  name: "as the farm is called",
  seed: 1,
  nodes: [
    {
      name: "one",
      init: true,
      role: "host",
      config: { sysctls: { "net/ipv4/ip_forward": "1" }, files: { "/etc/x": "y" } },
      container: {
        image: "alpine",
        command: "sleep 1",
        environment: { WORD: "said" },
        exec: ["touch /tmp/x"],
        binds: [
          { source: "/srv/a", target: "/a", readOnly: true },
          { source: "/elsewhere", target: "/usr/lib/farmlab", readOnly: true },
        ],
      },
    },
    { name: "segment", init: false, role: "segment", kind: "bridge", config: { bridges: [{ name: "segment", ports: ["eth1"] }] } },
  ],
  links: [
    {
      name: "wire",
      endpoints: [
        { node: "one", interface: "eth1" },
        { node: "segment", interface: "eth1" },
      ],
    },
  ],
};

interface File {
  readonly name: string;
  readonly prefix: string;
  readonly topology: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly nodes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

describe("deployFile", () => {
  const file = parse(deployFile(topology, "lab-1", "farmlab/node:abc", "/cache/programs")) as File;

  it("names and marks everything as the lab's", () => {
    expect(file).toMatchObject({ name: "lab-1", prefix: "farmlab" });
    expect(file.topology.defaults["labels"]).toEqual({ "farmlab.lab": "lab-1", "farmlab.user": String(process.getuid?.() ?? 0) });
    for (const node of Object.values(file.topology.nodes)) expect(node["env"]).toMatchObject({ FARMLAB_LAB: "lab-1" });
  });

  it("asks for rights by name, and for no network but the links", () => {
    expect(file.topology.defaults).toMatchObject({
      image: "farmlab/node:abc",
      privileged: false,
      "network-mode": "none",
      binds: ["/cache/programs:/usr/lib/farmlab:ro"],
    });
  });

  it("leaves image, first process, state and commands to the backend, as they are on netns", () => {
    const one = file.topology.nodes["one"];
    expect(one).toMatchObject({ env: { WORD: "said" }, binds: ["/srv/a:/a:ro"] });
    for (const key of ["image", "cmd", "exec"]) expect(one).not.toHaveProperty(key);
    // Links inherit these, so they are there before any link is.
    expect(one?.["sysctls"]).toMatchObject({ "net.ipv4.ip_forward": "1" });
    expect(file.topology.nodes["segment"]?.["kind"]).not.toBe("bridge");
  });
});

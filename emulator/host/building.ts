/** What building takes: the node image and the native helper. */
import { existsSync } from "node:fs";
import { findProgram } from "../find-program.ts";
import type { Finding, Probe } from "./probe.ts";

const program = (name: string) => async (): Promise<Finding> => {
  const path = findProgram(name);
  return path === undefined ? { refusal: "not on PATH" } : { found: path };
};

/** Where distributions have the C library's archive, for static programs. */
const libraryFolders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];

async function compiler(): Promise<Finding> {
  const path = findProgram("gcc");
  if (path === undefined) return { refusal: "gcc is not on PATH" };
  return libraryFolders.some((folder) => existsSync(`${folder}/libc.a`)) ? { found: path } : { refusal: "libc.a is missing" };
}

export const buildingProbes: readonly Probe[] = [
  {
    capability: "mmdebstrap",
    area: "building",
    required: false,
    usedFor: "building the node image",
    standIn: "mmdebstrap in a container of Docker or Podman",
    how: "apt-get install mmdebstrap debian-archive-keyring",
    attempt: program("mmdebstrap"),
  },
  {
    capability: "docker",
    area: "building",
    required: false,
    usedFor: "building the node image where there is no mmdebstrap",
    standIn: "Podman",
    how: "apt-get install docker.io",
    attempt: program("docker"),
  },
  {
    capability: "podman",
    area: "building",
    required: false,
    usedFor: "building the node image where there is neither mmdebstrap nor Docker",
    standIn: null,
    how: "apt-get install podman",
    attempt: program("podman"),
  },
  {
    capability: "compiler",
    area: "building",
    required: false,
    usedFor: "building the native helper: gcc and a static C library",
    standIn: null,
    how: "apt-get install gcc libc6-dev (Fedora: dnf install gcc glibc-static)",
    attempt: compiler,
  },
];

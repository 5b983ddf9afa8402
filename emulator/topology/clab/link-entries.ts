/** A link as it is written, both ways, judged by its type's schema. */
import { nearestHint, schemaProblems, type JsonSchema, type Path, type Places } from "../../../core/common/reading/index.ts";
import type { BriefLinkEntry, EndpointEntry, VethLinkEntry } from "./file.ts";
import { otherLinkTypes } from "./known-keys.ts";
import type { Reports } from "./reports.ts";
import { briefLinkSchema, jsonSchemaOf, vethLinkSchema } from "./schema.ts";

/** A link with two endpoints, however it was written. */
export interface WrittenLink extends VethLinkEntry {
  readonly endpoints: readonly [EndpointEntry, EndpointEntry];
  readonly path: Path;
}

/** Made once for a file: the schemas' JSON is not free. */
export interface LinkReader {
  /** Undefined where the link is refused. */
  read(entry: unknown, index: number): WrittenLink | undefined;
}

function parseBrief(text: string): EndpointEntry | undefined {
  const colon = text.indexOf(":");
  return colon <= 0 || colon === text.length - 1 ? undefined : { node: text.slice(0, colon), interface: text.slice(colon + 1) };
}

function refuseType(type: string, path: Path, reports: Reports): void {
  if (otherLinkTypes.includes(type)) {
    reports.refuse("unsupported-link", path, `links of type ${type} cannot be made here`, "links here are brief or of type veth");
    return;
  }
  reports.refuse("bad-choice", path, `"${type.slice(0, 50)}" is no type of link`, nearestHint(type, ["veth", "brief"], "types"));
}

export function linkReader(places: Places, reports: Reports): LinkReader {
  const brief: JsonSchema = jsonSchemaOf(briefLinkSchema);
  const veth: JsonSchema = jsonSchemaOf(vethLinkSchema);

  /** Undefined where the schema has something against it. */
  const judge = (entry: unknown, isVeth: boolean, path: Path): VethLinkEntry | BriefLinkEntry | undefined => {
    const shaped = (isVeth ? vethLinkSchema : briefLinkSchema).safeParse(entry);
    if (shaped.success) return shaped.data;
    const inLink: Places = { of: (below) => places.of([...path, ...below]), ofKey: (below) => places.ofKey([...path, ...below]) };
    reports.take(schemaProblems(shaped.error.issues, { data: entry, schema: isVeth ? veth : brief, places: inLink }));
    return undefined;
  };

  return {
    read(entry, index) {
      const path: Path = ["topology", "links", index];
      const type = String((entry as { type?: unknown } | null)?.type ?? "brief");
      if (type !== "brief" && type !== "veth") return void refuseType(type, [...path, "type"], reports);
      const link = judge(entry, type === "veth", path);
      if (link === undefined) return undefined;
      const endpoints = link.endpoints.map((end) => (typeof end === "string" ? parseBrief(end) : end));
      const [near, far] = endpoints;
      if (endpoints.length !== 2) {
        const message = `a link has 2 endpoints, not ${endpoints.length}`;
        reports.refuse("bad-link", [...path, "endpoints"], message, "write the two ends, each as node:interface");
      } else if (near !== undefined && far !== undefined) return { ...link, endpoints: [near, far], path };
      else {
        const position = endpoints.indexOf(undefined);
        reports.refuse("bad-endpoint", [...path, "endpoints", position], "an endpoint is node:interface", "write it as node1:eth1");
      }
      return undefined;
    },
  };
}

/**
 * The line protocol of farmlab-init's socket (`/run/farmlab/init.sock` in a node): fields separated by tabs, one message a line.
 * Requests: `start name restart namespace envCount KEY=VALUE... argv...`, `stop name`, `kill name signal`, `list`, `watch`.
 * Answers: `ok`, `error message`; to `list`, `service name pid` per running service and then `ok`; after `watch`, `ok` and then
 * `started name pid` and `exited name status` as they happen.
 */

/** A daemon under farmlab-init; `namespace` is a name below /run/netns, absent for the node's own. */
export interface ServiceRequest {
  readonly name: string;
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly restart: "always" | "never";
}

export function encodeLine(fields: readonly string[]): string {
  return `${fields.map((field) => field.replace(/[\\\t\n]/g, (found) => (found === "\\" ? "\\\\" : found === "\t" ? "\\t" : "\\n"))).join("\t")}\n`;
}

/** The fields of one line (without its line feed). */
export function decodeLine(line: string): string[] {
  return line.split("\t").map((field) => field.replace(/\\(.)/g, (_, code: string) => (code === "t" ? "\t" : code === "n" ? "\n" : code)));
}

export function encodeStart(service: ServiceRequest): string {
  const environment = Object.entries(service.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  return encodeLine([
    "start",
    service.name,
    service.restart,
    service.namespace ?? "",
    String(environment.length),
    ...environment,
    ...service.argv,
  ]);
}

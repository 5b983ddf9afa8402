/** Where a member of the store listens. */

/** What node:http needs to connect, and a name for messages. */
export interface Endpoint {
  readonly name: string;
  readonly connect: { readonly socketPath: string } | { readonly host: string; readonly port: number };
}

const defaultPort = 2379;

/**
 * Reads `http://198.51.100.53:2379`, `http://[2001:db8:53::53]:2379` or `unix:/run/etcd.sock` (`unix:///run/etcd.sock` too).
 * Throws for anything else: endpoints come from configuration that farmlab wrote itself.
 */
export function parseEndpoint(text: string): Endpoint {
  const path = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { name: text, connect: { socketPath: path } };
  const found = /^http:\/\/(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+))(?::([0-9]{1,5}))?\/?$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined) throw new Error(`not a store endpoint: ${text}`);
  return { name: text, connect: { host, port: Number(found?.[3] ?? defaultPort) } };
}

/**
 * Four views of one packet, for a flow that broke a law while its lab is still up: what the oracle says, what the routing tables and rules
 * say, what the kernel did, what the wire shows; and the layer at which they part. It judges no law: verdicts stand before it looks.
 */
export * from "./evidence-of.ts";
export * from "./evidence-text.ts";
export * from "./gather-evidence.ts";

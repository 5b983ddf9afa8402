/**
 * The agent: the one process of farmlab in a node. It knows the intents, the facts that nodes publish and its own key file; derives,
 * plans, applies, and says what it did. It decides nothing for other nodes and is told nothing but what the store holds.
 */
export { runAgent, type AgentSurroundings } from "./agent.ts";
export { defaultPaths, type AgentConfiguration, type AgentPaths } from "./configuration.ts";

/**
 * What nodes have in common in every backend: their interfaces and the state that they start with, as requests to the native helper inside;
 * farmlab-init's client; programs run in them. Makes no node.
 */
export { bindsOf } from "./binds.ts";
export { runCommands } from "./commands.ts";
export { enterArguments, execInNode } from "./exec.ts";
export { HelperProcess } from "./helper-process.ts";
export { linkEnds, numberInterfaces, observedInterfaces, type Interfaces } from "./interfaces.ts";
export { linkMessages, type LinkMessage } from "./messages.ts";
export { endUpperLinks, isInMemory, moveLinks, stateAfterReboot, switchedNode, type SwitchedNode } from "./power.ts";
export { nodeServices, startServices } from "./services.ts";
export { allOf, planState, requestCarriers, requestEarly, requestState, sendMessages, type NodeState } from "./state.ts";
export { unlessAborted } from "./unless-aborted.ts";

/** Exhaustive small scope: every shape of a farm of up to five nodes, with settings that meet two by two. It makes farms and runs none. */
export { smallScope, smallScopeSize, smallScopeStatement } from "./small-scope.ts";

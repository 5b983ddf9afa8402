/** containerlab's model of a lab, as data, and its file format. Makes nothing and knows nothing of farms. */
export type * from "./topology.ts";
export { defaultMtu, macOf, ofOneInterface } from "./conventions.ts";
export { joinWords, splitWords } from "./words.ts";
export { writeClab } from "./write-clab.ts";
export type { Programs, WriteClabOptions } from "./write-clab.ts";

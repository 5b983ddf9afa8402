/** containerlab's model of a lab, as data, and its file format. Makes nothing and knows nothing of farms. */
export type * from "./topology.ts";
export { defaultMtu, kernelDefaults, macOf, nativeInLab, ofOneInterface, programsFolder } from "./conventions.ts";
export { joinWords, splitWords } from "./words.ts";
export { clabFileKind, readClab } from "./clab/read.ts";
export type { ReadClabOptions } from "./clab/read.ts";
export { writeClab } from "./clab/write.ts";
export type { Programs, WriteClabOptions } from "./clab/write.ts";

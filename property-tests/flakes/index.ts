/**
 * How often the quick lab suite finds fault where there is none: measured by many repeats, kept in `record.json` beside this file with
 * commit and host, told with its confidence bound. Every flake there has its cause written down and what was done about it; nothing here,
 * and nothing in the runner, tries again until it fits.
 */
export * from "./suite.ts";
export * from "./record.ts";
export * from "./record-file.ts";
export * from "./measure.ts";

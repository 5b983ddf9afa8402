/** What a run says while it goes on, for progress on a terminal or plain lines in CI. Of a search only `scenario-judged`. */
import type { Happening } from "../../reports/index.ts";

export type RunEvent = Exclude<Happening, { readonly kind: "run-started" | "counterexample" | "run-ended" }>;

export type OnEvent = (event: RunEvent) => void;

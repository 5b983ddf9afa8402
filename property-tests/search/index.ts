/**
 * Search in two tiers: the model (`evaluate.ts`) tells without a lab what a scenario would cover, and the search (`search.ts`) proposes those
 * that cover something new, beside some that are drawn unguided. It runs nothing: who runs what is proposed tells it what came of it.
 */
export * from "./search.ts";

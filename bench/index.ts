/** Measurements of farmlab itself: each benchmark runs for real, prints figures with what they are made of, and judges nothing. */
export { emulator } from "./emulator.ts";
export { engine } from "./engine.ts";
export { exitNodes } from "./exit-nodes.ts";
export { firstFarm } from "./first-farm.ts";
export { wire } from "./wire.ts";
export { figureText, type BenchFigure, type BenchReport } from "./figures.ts";

/** Builds what labs are made of where it is not there yet, and says so: the node image takes a while. */
import { ensureRuntime, type ImageChoice } from "../emulator/image/index.ts";

/** A few milliseconds when all is there. Throws a BuildError, or the signal's reason. */
export async function prepareRuntime(signal: AbortSignal, quiet: boolean, image: ImageChoice = "built"): Promise<void> {
  let last = "";
  const onProgress = (step: string): void => {
    if (quiet || step === last) return;
    last = step;
    process.stderr.write(`node image: ${step}\n`);
  };
  await ensureRuntime([], { signal, onProgress, image });
  signal.throwIfAborted();
}

/**
 * The process of one mutant, which judges farm after farm. It loads the sources with the patches in place, so that what runs in the
 * harness (farm, allocator, intents, the derivation) has the fault as well as the agents, and imports nothing before that could be patched.
 */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { keepCompiled } from "../../../emulator/image/compiled.ts";
import type { JudgeAnswer, JudgeRequest } from "./protocol.ts";

const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

const answer = async (message: JudgeAnswer): Promise<void> =>
  await new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });

/**
 * The client of the store is the harness's own tool as well, by which it writes the list and looks at what nodes publish: it keeps that as
 * it is, and sees what agents make of theirs. What is written there and read (keys, codec) is the same for both, as it is in the product.
 */
const isClient = ({ file }: JudgeRequest["patches"][number]): boolean =>
  /^core\/store\/(?:back-off|endpoint|gateway|lines|store|store-error|transport|watch)\.ts$/.test(file);

function patchSources(request: JudgeRequest): void {
  const patches = request.patches.filter((patch) => !isClient(patch));
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const file = url.startsWith("file:") ? fileURLToPath(url) : "";
      const own = patches.filter((patch) => projectRoot + patch.file === file);
      if (own.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
      let source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      for (const { find, replace } of own) {
        if (source.split(find).length !== 2) throw new Error(`${file}: not exactly one place reads ${JSON.stringify(find)}`);
        source = source.replace(find, () => replace);
      }
      return { ...loaded, source };
    },
  });
}

// Of each file as it is and as some mutant has it; nothing of it is loaded yet.
keepCompiled();
let patchedOnce = false;

async function judge(request: JudgeRequest): Promise<void> {
  try {
    if (!patchedOnce) patchSources(request);
    patchedOnce = true;
    const { judgePatched } = await import("./judge.ts");
    await answer(await judgePatched(request, (result) => void answer({ kind: "judged", result })));
  } catch (error) {
    await answer({ kind: "broken", why: error instanceof Error ? error.message : String(error) });
  }
}

// Whoever asks is gone: the lab goes with this process.
process.once("disconnect", () => process.exit(1));
process.on("message", (message) => void judge(message as JudgeRequest));

/**
 * The process of one mutant: it loads the sources with the patches in place, so that what runs in the harness (farm, allocator, intents,
 * the derivation) has the fault as well as the agents. It imports nothing that could be patched before the patches are in place.
 */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { JudgeAnswer, JudgeRequest } from "./protocol.ts";

const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

const answer = async (message: JudgeAnswer): Promise<void> =>
  await new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });

function patchSources({ patches }: JudgeRequest): void {
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

async function main(request: JudgeRequest): Promise<void> {
  try {
    patchSources(request);
    const { judgePatched } = await import("./judge.ts");
    await answer(await judgePatched(request, (result) => void answer({ kind: "judged", result })));
  } catch (error) {
    await answer({ kind: "broken", why: error instanceof Error ? error.message : String(error) });
  }
  process.exit(0);
}

// Whoever asked is gone: the lab goes with this process.
process.once("disconnect", () => process.exit(1));
process.once("message", (message) => void main(message as JudgeRequest));

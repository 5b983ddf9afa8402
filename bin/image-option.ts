/** `--image host`: nodes run on this machine's own programs in place of the node image. */
import { Option } from "commander";
import type { Problem } from "../core/common/index.ts";
import type { BackendName } from "../emulator/lab.ts";

export const imageOption = (): Option =>
  new Option("--image <image>", "run nodes on this machine's own programs (default: on the node image)").choices(["host"]);

/** What is wrong with the choice: a container's programs are those of an image. */
export function imageProblem(image: "host" | undefined, backend: BackendName): Problem | undefined {
  if (image === undefined || backend === "netns") return undefined;
  return {
    severity: "error",
    code: "image-host-backend",
    message: `nodes of the ${backend} backend run on an image, not on this machine's own programs`,
    hint: "leave --image host out, or --backend",
  };
}

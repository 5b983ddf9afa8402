/** Shows a page in the browser, where there is one. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What opens files on this machine; undefined where nobody could see the page. */
function opener(): string | undefined {
  const name = process.platform === "darwin" ? "open" : "xdg-open";
  const hasScreen =
    process.platform === "darwin" || [process.env["DISPLAY"], process.env["WAYLAND_DISPLAY"]].some((one) => (one ?? "") !== "");
  const isProgram = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return hasScreen ? folders.map((folder) => join(folder, name)).find(isProgram) : undefined;
}

/** Whether something was started to show it; it goes on without us. */
export async function openPage(file: string): Promise<boolean> {
  const program = opener();
  if (program === undefined) return false;
  const child = spawn(program, [file], { detached: true, stdio: "ignore" });
  const started = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  child.unref();
  return started;
}

/** Whether tests of this backend can run here. FARMLAB_TEST_CONTAINERLAB=required makes them run, and fail where they cannot. */
import { requireContainerlab, requireEngine } from "./require.ts";

async function isAvailable(): Promise<boolean> {
  try {
    await Promise.all([requireContainerlab(), requireEngine()]);
    return true;
  } catch {
    return false;
  }
}

/** Part of the name of what is skipped without them. */
export const needs = "needs containerlab and an engine";
export const missing: boolean = process.env["FARMLAB_TEST_CONTAINERLAB"] !== "required" && !(await isAvailable());

/** The file of the record, which is kept in the repository. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FlakeRecord } from "./record.ts";

export const flakeRecordFile: string = fileURLToPath(new URL("record.json", import.meta.url));

/** What is kept there; nothing where there is no such file. Throws where it is something else. */
export function readFlakes(file: string = flakeRecordFile): FlakeRecord {
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as FlakeRecord;
    if (record.schema !== "farmlab.flakes/1") throw new Error(`${file} is no record of flakes`);
    return record;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { schema: "farmlab.flakes/1", measurements: [] };
    throw error;
  }
}

/** Whole or not at all: who keeps it may be ended at any time. */
export function keepFlakes(file: string, record: FlakeRecord): void {
  writeFileSync(`${file}.draft`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${file}.draft`, file);
}

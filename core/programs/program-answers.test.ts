import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnswerReader } from "./program-answers.ts";
import type { ProgramAnswer } from "./program-answers.ts";

const written = ({ id, code, stdout, stderr }: ProgramAnswer): Buffer =>
  Buffer.from(`${id}\t${code}\t${Buffer.byteLength(stdout)}\t${Buffer.byteLength(stderr)}\n${stdout}${stderr}`);

const text = fc.string({ unit: fc.constantFrom("a", "\n", "\t", "é", "\u0000"), maxLength: 40 });
const answers = fc.array(fc.record({ id: fc.nat().map(String), code: fc.nat(255), stdout: text, stderr: text }), { maxLength: 5 });

describe("answers of the helper for programs", () => {
  it("are read whole, into whatever pieces they are cut", () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 30 }), (given, pieceLength) => {
        const read: ProgramAnswer[] = [];
        const take = createAnswerReader((answer) => read.push(answer));
        const bytes = Buffer.concat(given.map(written));
        for (let start = 0; start < bytes.length; start += pieceLength) take(bytes.subarray(start, start + pieceLength));
        expect(read).toEqual(given);
      }),
    );
  });
});

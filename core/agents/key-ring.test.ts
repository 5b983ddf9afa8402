import { mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openKeyRing } from "./key-ring.ts";
import { publicKeyOf, seededPrivateKey } from "./wireguard-key.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-keys-"));
  path = join(folder, "state", "keys.json");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("WireGuard keys", () => {
  it("have the public half of RFC 7748, section 6.1", () => {
    const known = Buffer.from("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", "hex").toString("base64");
    expect(publicKeyOf(known)).toBe(
      Buffer.from("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", "hex").toString("base64"),
    );
  });

  it("follow from a scenario's seed, the node and the interface", () => {
    const one = seededPrivateKey("7", "node-1", "wg-1abc-1");
    expect(seededPrivateKey("7", "node-1", "wg-1abc-1")).toBe(one);
    expect(seededPrivateKey("8", "node-1", "wg-1abc-1")).not.toBe(one);
    expect(seededPrivateKey("7", "node-2", "wg-1abc-1")).not.toBe(one);
    expect(seededPrivateKey("7", "node-1", "wg-1123-1")).not.toBe(one);
    const bytes = Buffer.from(one, "base64");
    expect([(bytes[0] ?? 0) & 7, (bytes[31] ?? 0) & 0xc0]).toEqual([0, 0x40]);
  });
});

describe("the key ring", () => {
  it("keeps keys over a restart, for the owner's eyes only", () => {
    const names = ["wg-1abc-1", "wg-1123-1"];
    const first = openKeyRing({ path, node: "node-1" });
    first.ensure(names);
    const again = openKeyRing({ path, node: "node-1" });
    again.ensure(names);
    expect(again.publicKeys(names)).toEqual(first.publicKeys(names));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("forgets the keys of tunnels that are gone", () => {
    const ring = openKeyRing({ path, node: "node-1" });
    ring.ensure(["wg-1abc-1", "wg-1123-1"]);
    const gone = ring.privateKeyOf("wg-1123-1");
    ring.retain(["wg-1abc-1"]);
    expect(readFileSync(path, "utf8")).not.toContain(gone);
    expect(() => ring.privateKeyOf("wg-1123-1")).toThrow("no key for wg-1123-1");
  });

  it("a key that could not be taken out of the file is still to be forgotten", () => {
    const ring = openKeyRing({ path, node: "node-1" });
    ring.ensure(["wg-1abc-1", "wg-1123-1"]);
    const gone = ring.privateKeyOf("wg-1123-1");
    mkdirSync(`${path}.new`);
    expect(() => ring.retain(["wg-1abc-1"])).toThrow("EISDIR");
    rmdirSync(`${path}.new`);
    ring.retain(["wg-1abc-1"]);
    expect(readFileSync(path, "utf8")).not.toContain(gone);
  });

  it.each(["", "{", "[]", "null", '{"privateKeys":{"wg-1abc-1":"short"}}'])("puts a file aside that holds %j, and says so", (text) => {
    openKeyRing({ path, node: "node-1" }).ensure(["wg-1abc-1"]);
    writeFileSync(path, text);
    const ring = openKeyRing({ path, node: "node-1" });
    expect(ring.notice).toContain("keys.json.unreadable");
    expect(readFileSync(`${path}.unreadable`, "utf8")).toBe(text);
    ring.ensure(["wg-1abc-1"]);
    expect(openKeyRing({ path, node: "node-1" }).notice).toBeUndefined();
  });
});

/** WireGuard keys: Curve25519 (RFC 7748), as base64 of 32 bytes. */
import { createPrivateKey, createPublicKey, hkdfSync, randomBytes } from "node:crypto";

/** PKCS #8 of an X25519 private key (RFC 8410) up to the key itself. */
const pkcs8Head = Buffer.from("302e020100300506032b656e04220420", "hex");

/** RFC 7748, section 5: the bits that every X25519 scalar has set or cleared. */
function clamp(bytes: Buffer): Buffer {
  bytes[0] = (bytes[0] ?? 0) & 0xf8;
  bytes[31] = ((bytes[31] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

export function randomPrivateKey(): string {
  return clamp(randomBytes(32)).toString("base64");
}

/**
 * A private key that follows from a scenario's seed: HKDF-SHA256 (RFC 5869, no salt) with info `wg:{node}:{hex}:{n}` for the
 * interface `wg-{hex}-{n}`. Anyone who knows the seed knows the key.
 */
export function seededPrivateKey(seed: string, node: string, interfaceName: string): string {
  const [, hex, number] = interfaceName.split("-");
  return clamp(Buffer.from(hkdfSync("sha256", seed, "", `wg:${node}:${hex ?? ""}:${number ?? ""}`, 32))).toString("base64");
}

export function publicKeyOf(privateKey: string): string {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, Buffer.from(privateKey, "base64")]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.from(x ?? "", "base64url").toString("base64");
}

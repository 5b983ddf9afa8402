/**
 * The node's WireGuard keys, one pair per tunnel; the private halves live in a file that survives a reboot and leave it only for the kernel.
 * The same file says which machine this is.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { replaceFile } from "./files.ts";
import { publicKeyOf, randomPrivateKey, seededPrivateKey } from "./wireguard-key.ts";

export interface KeyRing {
  /** Of the machine, in hexadecimal; made where there is none yet. Throws when the file cannot be written. */
  identity(): string;
  /** Makes what is missing and forgets nothing. Throws when the file cannot be written: a key that a reboot loses is not published. */
  ensure(interfaceNames: readonly string[]): void;
  /** Forgets the keys of all other interfaces. */
  retain(interfaceNames: readonly string[]): void;
  /** Public key per interface, of those named. */
  publicKeys(interfaceNames: readonly string[]): Readonly<Record<string, string>>;
  /** Throws where there is none. */
  privateKeyOf(interfaceName: string): string;
  /** What people should know of the file, if anything. */
  readonly notice: string | undefined;
}

export interface KeyRingOptions {
  readonly path: string;
  readonly node: string;
  /** Makes keys follow from it; absent: random. */
  readonly seed?: string;
}

const privateKeyForm = /^[A-Za-z0-9+/]{43}=$/;

export function openKeyRing(options: KeyRingOptions): KeyRing {
  const read = readKeys(options.path);
  const keys = read.keys;
  /** Computing one takes longer than all else that a quiet pass does. */
  const publicHalves = new Map<string, string>();
  let identity = read.identity;
  const save = (): void =>
    replaceFile(options.path, `${JSON.stringify({ identity, privateKeys: Object.fromEntries([...keys].toSorted()) })}\n`);
  const make = (name: string): string =>
    options.seed === undefined ? randomPrivateKey() : seededPrivateKey(options.seed, options.node, name);
  const privateKeyOf = (name: string): string => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`no key for ${name}`);
    return key;
  };
  return {
    notice: read.notice,
    privateKeyOf,
    identity() {
      if (identity !== undefined) return identity;
      // Never from the seed: two machines may have been given the same.
      identity = randomBytes(16).toString("hex");
      try {
        save();
      } catch (error) {
        identity = undefined;
        throw error;
      }
      return identity;
    },
    ensure(names) {
      const made = names.filter((name) => !keys.has(name));
      if (made.length === 0) return;
      for (const name of made) keys.set(name, make(name));
      try {
        save();
      } catch (error) {
        for (const name of made) keys.delete(name);
        throw error;
      }
    },
    retain(names) {
      const kept = new Set(names);
      const gone = [...keys.keys()].filter((name) => !kept.has(name));
      if (gone.length === 0) return;
      const forgotten = gone.map((name) => [name, privateKeyOf(name)] as const);
      for (const name of gone) keys.delete(name);
      try {
        save();
      } catch (error) {
        // What the file still holds is still to be forgotten.
        for (const [name, key] of forgotten) keys.set(name, key);
        throw error;
      }
      for (const name of gone) publicHalves.delete(name);
    },
    publicKeys: (names) =>
      Object.fromEntries(
        names.map((name) => {
          const known = publicHalves.get(name) ?? publicKeyOf(privateKeyOf(name));
          publicHalves.set(name, known);
          return [name, known];
        }),
      ),
  };
}

interface KeyFile {
  readonly identity: string | undefined;
  readonly keys: Map<string, string>;
}

/** A file that is no key file is put aside, not overwritten: somebody may still want what is in it. */
function readKeys(path: string): KeyFile & { readonly notice: string | undefined } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { identity: undefined, keys: new Map(), notice: undefined };
    throw error;
  }
  const file = keyFileOf(text);
  if (file !== undefined) return { ...file, notice: undefined };
  renameSync(path, `${path}.unreadable`);
  const notice = `${path} was not readable as keys and is kept as ${path}.unreadable; new keys are made`;
  return { identity: undefined, keys: new Map(), notice };
}

const identityForm = /^[0-9a-f]{32}$/;

function keyFileOf(text: string): KeyFile | undefined {
  try {
    const held = JSON.parse(text) as { identity?: unknown; privateKeys?: unknown } | null;
    if (typeof held?.privateKeys !== "object" || held.privateKeys === null) return undefined;
    const entries = Object.entries(held.privateKeys);
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === "string" && privateKeyForm.test(entry[1])))
      return undefined;
    const identity = typeof held.identity === "string" && identityForm.test(held.identity) ? held.identity : undefined;
    return { identity, keys: new Map(entries) };
  } catch {
    return undefined;
  }
}

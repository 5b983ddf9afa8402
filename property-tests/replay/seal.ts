/** A capsule's checksum, and its text. */
import { createHash } from "node:crypto";
import type { Capsule, CapsuleContent } from "./capsule.ts";

/** Over the content in the order in which it stands, whatever the layout. */
export function checksumOf(content: CapsuleContent): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

export const sealed = (content: CapsuleContent): Capsule => ({ ...content, checksum: checksumOf(content) });

/** Whether the content is the one that was sealed. */
export function isIntact({ checksum, ...content }: Capsule): boolean {
  return checksumOf(content) === checksum;
}

export const capsuleText = (capsule: Capsule): string => `${JSON.stringify(capsule, undefined, 2)}\n`;

/** Cuts a stream of bytes into pcapng blocks, whatever chunks it comes in. Blocks of either byte order; their content is not looked at. */

/** More than this in one block is taken for damage: farmlab's own are below 70 kB. */
export const blockBytesMax: number = 16 * 1024 * 1024;

export const sectionHeaderType = 0x0a0d0d0a;
const byteOrderMagic = 0x1a2b3c4d;
/** Type, length, and the length again at the end. */
const blockBytesMin = 12;

export interface PcapngBlock {
  readonly type: number;
  readonly littleEndian: boolean;
  /** The whole block with its type and lengths, valid for as long as the chunks that it came in. */
  readonly bytes: Uint8Array;
}

export interface BlockCutter {
  /** The blocks that are complete with this chunk. After damage there are no more, and `problem` says why. */
  push(chunk: Uint8Array): PcapngBlock[];
  readonly problem: string | undefined;
  /** Bytes of a block that is not complete. */
  readonly waiting: number;
}

/** The byte order that a section header begins with; undefined when the bytes are none. */
function byteOrderOf(view: DataView): boolean | undefined {
  if (view.getUint32(8, true) === byteOrderMagic) return true;
  if (view.getUint32(8, false) === byteOrderMagic) return false;
  return undefined;
}

export function blockCutter(): BlockCutter {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let wanted = blockBytesMin;
  let littleEndian: boolean | undefined;
  let problem: string | undefined;

  /** How long the block at an offset is; 0 after saying what is wrong. */
  const lengthAt = (view: DataView): number => {
    const type = view.getUint32(0, littleEndian);
    if (type === sectionHeaderType) littleEndian = byteOrderOf(view);
    if (littleEndian === undefined) {
      problem = type === sectionHeaderType ? "a section header has no byte order" : "it does not begin as a pcapng file";
      return 0;
    }
    const length = view.getUint32(4, littleEndian);
    if (length >= blockBytesMin && length <= blockBytesMax && length % 4 === 0) return length;
    problem = `a block claims to be ${length} bytes long`;
    return 0;
  };

  return {
    push(chunk) {
      const blocks: PcapngBlock[] = [];
      if (problem !== undefined) return blocks;
      kept.push(chunk);
      keptBytes += chunk.length;
      if (keptBytes < wanted) return blocks;
      const bytes = kept.length === 1 ? chunk : Buffer.concat(kept);
      let offset = 0;
      wanted = blockBytesMin;
      while (bytes.length - offset >= blockBytesMin) {
        const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
        const length = lengthAt(view);
        if (length === 0) break;
        if (length > bytes.length - offset) {
          wanted = length;
          break;
        }
        blocks.push({
          type: view.getUint32(0, littleEndian),
          littleEndian: littleEndian === true,
          bytes: bytes.subarray(offset, offset + length),
        });
        offset += length;
      }
      const rest = bytes.subarray(offset);
      kept = rest.length === 0 || problem !== undefined ? [] : [rest];
      keptBytes = kept.length === 0 ? 0 : rest.length;
      return blocks;
    },
    get problem() {
      return problem;
    },
    get waiting() {
      return keptBytes;
    },
  };
}

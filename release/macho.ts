// Reads executables for macOS: what they run on, and how they are signed.

/** Processors, by the name that Apple's tools use. */
export type Arch = "arm64" | "x86_64";

/** An executable for one processor. */
export interface MachO {
  readonly arch: Arch;
  /** The oldest macOS that it runs on, `12.0`. */
  readonly minimumMacos: string;
  readonly signature: CodeSignature | undefined;
}

/** A code signature, as far as the build checks it. */
export interface CodeSignature {
  readonly identifier: string;
  /** Made without a certificate. */
  readonly isAdHoc: boolean;
  readonly isHardened: boolean;
  /** A property list; absent if it has none. */
  readonly entitlements: string | undefined;
}

const MAGIC_64 = 0xfeedfacf;
const ARCHS: ReadonlyMap<number, Arch> = new Map([[0x0100000c, "arm64"], [0x01000007, "x86_64"]]);
const HEADER_SIZE = 32;

const LC_CODE_SIGNATURE = 0x1d;
const LC_VERSION_MIN_MACOSX = 0x24;
const LC_BUILD_VERSION = 0x32;

const CODE_DIRECTORY = 0xfade0c02;
const ENTITLEMENTS = 0xfade7171;
const FLAG_AD_HOC = 0x2;
const FLAG_HARDENED = 0x10000;

/**
 * Reads an executable for one processor.
 *
 * @throws {SyntaxError} It is not an executable for macOS.
 */
export function parseMachO(bytes: Uint8Array): MachO {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_SIZE || view.getUint32(0, true) !== MAGIC_64) {
    throw new SyntaxError("Cannot read a Mach-O file: it begins with another magic number");
  }
  const arch = ARCHS.get(view.getUint32(4, true));
  if (arch === undefined) throw new SyntaxError("Cannot read a Mach-O file: unknown processor");
  let minimumMacos: string | undefined;
  let signature: CodeSignature | undefined;
  for (const { command, at } of loadCommands(view)) {
    if (command === LC_VERSION_MIN_MACOSX) minimumMacos = versionAt(view, at + 8);
    if (command === LC_BUILD_VERSION) minimumMacos = versionAt(view, at + 12);
    if (command === LC_CODE_SIGNATURE) {
      signature = parseSignature(bytes.subarray(view.getUint32(at + 8, true)));
    }
  }
  if (minimumMacos === undefined) throw new SyntaxError("Cannot read a Mach-O file: no version");
  return { arch, minimumMacos, signature };
}

function* loadCommands(view: DataView): Generator<{ command: number; at: number }> {
  const count = view.getUint32(16, true);
  let at = HEADER_SIZE;
  for (let i = 0; i < count; i++) {
    yield { command: view.getUint32(at, true), at };
    at += view.getUint32(at + 4, true);
  }
}

/** Packed as 16 bits, 8 bits, 8 bits; the last part is left out, as Apple's tools do. */
function versionAt(view: DataView, at: number): string {
  const packed = view.getUint32(at, true);
  return `${packed >>> 16}.${packed >>> 8 & 0xff}`;
}

/** A signature is a table of blobs; unlike the rest of the file, it is big-endian. */
function parseSignature(bytes: Uint8Array): CodeSignature | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder();
  let directory: Omit<CodeSignature, "entitlements"> | undefined;
  let entitlements: string | undefined;
  for (let i = 0; i < view.getUint32(8); i++) {
    const at = view.getUint32(12 + 8 * i + 4);
    const magic = view.getUint32(at);
    if (magic === ENTITLEMENTS) {
      entitlements = text.decode(bytes.subarray(at + 8, at + view.getUint32(at + 4)));
    } else if (magic === CODE_DIRECTORY) {
      const flags = view.getUint32(at + 12);
      const name = at + view.getUint32(at + 20);
      directory = {
        identifier: text.decode(bytes.subarray(name, bytes.indexOf(0, name))),
        isAdHoc: (flags & FLAG_AD_HOC) !== 0,
        isHardened: (flags & FLAG_HARDENED) !== 0,
      };
    }
  }
  return directory && { ...directory, entitlements };
}

// A log as those who read it see it: its bytes from any offset. What they come from is the caller's matter.

/** Random access to the bytes of one file, as they were when it was opened. */
export interface ByteSource {
  /** In bytes. What is appended later is not part of it. */
  readonly size: number;
  /** Fills `into` with the bytes from offset `at` on; throws if they are not there. */
  read(into: Uint8Array, at: number): void;
}

/** An open log. */
export interface LogSource extends ByteSource {
  close(): void;
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): LogSource {
  return {
    size: bytes.length,
    read: (into, at) => into.set(bytes.subarray(at, at + into.length)),
    close: () => {},
  };
}

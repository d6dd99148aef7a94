// Text to a stream.

/**
 * Writes all of a text. A reader that has seen enough, as in `jamf-pulse summary | head`, is no fault.
 *
 * @param stream Writes as many bytes as it can, and returns how many.
 * @throws Any other error of the stream.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const taken: number[] = [];
 * const pipe = { writeSync: ([first]: Uint8Array) => taken.push(first!) && 1 };
 * print(pipe, "ok");
 * assertEquals(taken, [0x6f, 0x6b]);
 * ```
 */
export function print(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Error && error.name === "BrokenPipe")) throw error;
  }
}

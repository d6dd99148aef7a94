// Text to a stream, and to a terminal.

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

/**
 * Shows control characters instead of sending them: a log is written by many, and a terminal obeys what it is sent.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(printable("\x1b[2Jgone\r"), "\\x1b[2Jgone\\x0d");
 * assertEquals(printable("François…\tyes"), "François…\tyes");
 * ```
 */
export function printable(text: string): string {
  // Tabs are harmless. U+202A to U+202E and U+2066 to U+2069 turn the direction of writing.
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.charCodeAt(0);
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
    },
  );
}

// Prints JSON.

/**
 * JSON without any control character, or one that turns the direction of writing: as {@linkcode printable} has it, and
 * still JSON.
 *
 * @param indent The number of spaces; all in one line without it.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

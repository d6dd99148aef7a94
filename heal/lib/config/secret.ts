/**
 * A value that is never printed: not in text, not in JSON, not as a part of an object, and not by a server that echoes it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const secret = new Secret("hunter2");
 * assertEquals(`${secret}`, "[secret]");
 * assertEquals(Deno.inspect({ secret }), "{ secret: [secret] }");
 * assertEquals(JSON.stringify({ secret }), '{"secret":"[secret]"}');
 * assertEquals(secret.reveal(), "hunter2");
 * assertEquals(secret.removeFrom("client_secret=hunte%722&a=b"), "client_secret=[secret]&a=b");
 * ```
 */
export class Secret {
  readonly #value: string;
  readonly #pattern: RegExp;

  constructor(value: string) {
    this.#value = value;
    this.#pattern = patternOf(value);
  }

  /** The value, for the module that sends or compares it. */
  reveal(): string {
    return this.#value;
  }

  /** A text of others without the value, which may be encoded as in a URL, a form or JSON. */
  removeFrom(text: string): string {
    return this.#value === "" ? text : text.replace(this.#pattern, "[secret]");
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("Deno.customInspect")](): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** Finds a value in which any character may be encoded: servers encode more or fewer of them. */
function patternOf(value: string): RegExp {
  const hex = (code: number, length: number): string => code.toString(16).padStart(length, "0");
  const characters = Array.from(value, (character) => {
    const literal = `\\u{${hex(character.codePointAt(0)!, 1)}}`;
    const bytes = Array.from(new TextEncoder().encode(character), (byte) => `%${hex(byte, 2)}`);
    const units = character.split("").map((unit) => `\\\\u${hex(unit.charCodeAt(0), 4)}`);
    const space = character === " " ? "|\\+" : "";
    return `(?:\\\\?${literal}|${bytes.join("")}|${units.join("")}${space})`;
  });
  return new RegExp(characters.join(""), "giu");
}

/**
 * A value that is never printed: not in text, not in JSON, not as a part of an object.
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
 * ```
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value, for the module that sends or compares it. */
  reveal(): string {
    return this.#value;
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

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
 * assertEquals(secret.removeFrom("client_secret=hunter2&a=b"), "client_secret=[secret]&a=b");
 * ```
 */
export class Secret {
  readonly #value: string;
  /** As it is, and as a URL, a form and JSON encode it. */
  readonly #forms: readonly string[];

  constructor(value: string) {
    this.#value = value;
    const form = new URLSearchParams({ "": value }).toString().slice(1);
    const json = JSON.stringify(value).slice(1, -1);
    const forms = [value, encodeURIComponent(value), form, json].filter((text) => text !== "");
    // A longer one may begin as a shorter one does.
    this.#forms = forms.sort((one, other) => other.length - one.length);
  }

  /** The value, for the module that sends or compares it. */
  reveal(): string {
    return this.#value;
  }

  /** A text of others without the value. */
  removeFrom(text: string): string {
    return this.#forms.reduce((rest, form) => rest.replaceAll(form, "[secret]"), text);
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

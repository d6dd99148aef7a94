// Values that are never shown.

/** A value that is not printed: in no text, JSON or object, which have no private fields, and by no server that echoes it. */
export class Secret {
  readonly #value: string;
  /** Finds it as it is, and as a URL, a form and JSON encode it. */
  readonly #pattern: RegExp;

  constructor(value: string) {
    this.#value = value;
    const form = new URLSearchParams({ "": value }).toString().slice(1);
    const forms = [value, encodeURIComponent(value), form, JSON.stringify(value).slice(1, -1)];
    // A longer one may begin as a shorter one does.
    const sorted = forms.sort((one, other) => other.length - one.length);
    this.#pattern = new RegExp(sorted.map(RegExp.escape).join("|"), "gi");
  }

  /** The value, for the module that sends or compares it. */
  reveal(): string {
    return this.#value;
  }

  /** A text of others without the value. */
  removeFrom(text: string): string {
    return this.#value === "" ? text : text.replace(this.#pattern, "[secret]");
  }
}

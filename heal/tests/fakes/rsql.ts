/**
 * RSQL as Jamf Pro's `filter` parameter speaks it: strict, so that a value that was pasted into a filter instead of
 * quoted is found out, either by a syntax error or by what else the filter then finds.
 *
 * @module
 */

/** Tells what a field of a record holds; `undefined` if a filter must not name that field. */
export type FieldOf<T> = (record: T, field: string) => string | null | undefined;

/** Whether a record passes. */
export type Filter<T> = (record: T) => boolean;

/**
 * Reads a filter: comparisons by `==`, `!=`, `=in=` and `=out=`, joined by `;` or `and`, `,` or `or`, and parentheses.
 * In a value `*` stands for anything, quoted or not.
 *
 * @throws {SyntaxError} If it is nothing of that kind. The filter throws it for a field that `fieldOf` does not know.
 */
export function parseRsql<T>(text: string, fieldOf: FieldOf<T>): Filter<T> {
  const tokens = tokenize(text);
  const filter = readAny(tokens, fieldOf);
  if (tokens.length > 0) throw new SyntaxError(`Unexpected "${tokens[0]!.text}"`);
  return filter;
}

interface Token {
  readonly kind: "mark" | "operator" | "quoted" | "word";
  readonly text: string;
}

const TOKEN = new RegExp(
  [
    /(?<mark>[;,()])/,
    /(?<operator>==|!=|<=|>=|<|>|=(?:in|out|lt|le|gt|ge)=)/,
    /"(?<double>(?:[^"\\]|\\.)*)"/,
    /'(?<single>(?:[^'\\]|\\.)*)'/,
    /(?<word>[^\s"'();,=!~<>]+)/,
    /(?<space>\s+)/,
  ].map(({ source }) => source).join("|"),
  "y",
);

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw new SyntaxError(`Unexpected "${text.slice(at, at + 10)}"`);
    const { mark, operator, double, single, word, space } = groups;
    if (space !== undefined) continue;
    const quoted = double ?? single;
    // `and` and `or` are other names of `;` and `,`.
    const joint = mark ?? (word === "and" ? ";" : word === "or" ? "," : undefined);
    if (joint !== undefined) tokens.push({ kind: "mark", text: joint });
    else if (operator !== undefined) tokens.push({ kind: "operator", text: operator });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else tokens.push({ kind: "quoted", text: quoted!.replaceAll(/\\(.)/g, "$1") });
  }
  return tokens;
}

function readAny<T>(tokens: Token[], fieldOf: FieldOf<T>): Filter<T> {
  const any = [readAll(tokens, fieldOf)];
  while (takeMark(tokens, ",")) any.push(readAll(tokens, fieldOf));
  return (record) => any.some((filter) => filter(record));
}

function readAll<T>(tokens: Token[], fieldOf: FieldOf<T>): Filter<T> {
  const all = [readOne(tokens, fieldOf)];
  while (takeMark(tokens, ";")) all.push(readOne(tokens, fieldOf));
  return (record) => all.every((filter) => filter(record));
}

function readOne<T>(tokens: Token[], fieldOf: FieldOf<T>): Filter<T> {
  if (takeMark(tokens, "(")) {
    const inner = readAny(tokens, fieldOf);
    expectMark(tokens, ")");
    return inner;
  }
  const field = take(tokens, "word");
  const operator = take(tokens, "operator");
  const patterns = readValues(tokens, operator).map(patternOf);
  const wanted = operator === "==" || operator === "=in=";
  return (record) => {
    const held = fieldOf(record, field);
    if (held === undefined) throw new SyntaxError(`Unknown field "${field}"`);
    return patterns.some((pattern) => held !== null && pattern.test(held)) === wanted;
  };
}

function readValues(tokens: Token[], operator: string): string[] {
  if (operator === "==" || operator === "!=") return [readValue(tokens)];
  if (operator !== "=in=" && operator !== "=out=") {
    throw new SyntaxError(`Operator "${operator}" is beyond this stand-in`);
  }
  expectMark(tokens, "(");
  const values = [readValue(tokens)];
  while (takeMark(tokens, ",")) values.push(readValue(tokens));
  expectMark(tokens, ")");
  return values;
}

function readValue(tokens: Token[]): string {
  return tokens[0]?.kind === "quoted" ? tokens.shift()!.text : take(tokens, "word");
}

function take(tokens: Token[], kind: Token["kind"]): string {
  const token = tokens.shift();
  if (token?.kind !== kind) throw new SyntaxError(`Expected ${kind}, got "${token?.text ?? ""}"`);
  return token.text;
}

function takeMark(tokens: Token[], text: string): boolean {
  if (tokens[0]?.kind !== "mark" || tokens[0].text !== text) return false;
  tokens.shift();
  return true;
}

function expectMark(tokens: Token[], text: string): void {
  if (!takeMark(tokens, text)) throw new SyntaxError(`Missing "${text}"`);
}

function patternOf(value: string): RegExp {
  const parts = value.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}

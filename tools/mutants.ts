// Mutants of a source text: the same text with one small fault in it.

// Deno 2.6, which must be able to load this for the tests, lacks the function.
import nodeModule from "node:module";

/** A change: the `length` characters at `at` become `text`. */
export interface Mutant {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** What is changed, by its form in formatted code: a binary operator has spaces around it, a generic has not. */
const RULES: readonly (readonly [form: RegExp, change: (found: string) => string])[] = [
  ...["=== !==", "< <=", "> >=", "&& ||", "+ -", "* /", "+= -="].flatMap((pair) => {
    const [one, other] = pair.split(" ") as [string, string];
    return [[one, other], [other, one]] as const;
  }).map(([is, other]) =>
    [new RegExp(`(?<= )${RegExp.escape(is)}(?=\\s)`, "g"), () => other] as const
  ),
  [/(?<= )\?(?=\s)/g, () => "&& false ?"],
  [/(?<= )\?(?=\s)/g, () => "|| true ?"],
  [/(?<=[\s(])!(?=[\w(#])/g, () => ""],
  [/\b(?:true|false)\b/g, (found) => String(found === "false")],
  [/(?<![\w.#])\d[\d_]*(?![\w.])/g, (found) => String(Number(found.replaceAll("_", "")) + 1)],
  [/(?<=\breturn )(?!(?:true|false);)[^;{(\n]+(?=;)/g, () => "undefined"],
  // A statement of one line: the line above it has an end.
  [/(?<=[;{}:]\s*\n +)(?!(?:const|let|return|export|import)\b|[#}\])?:.])\S.*;$/gm, () => ";"],
];

/** Every mutant of a formatted source text, in the order of their places. */
export function mutantsOf(source: string): Mutant[] {
  const code = codeOf(source);
  const mutants = RULES.flatMap(([form, change]) =>
    Array.from(code.matchAll(form), ({ index: at, 0: { length } }): Mutant => (
      { at, length, text: change(source.slice(at, at + length)) }
    ))
  );
  const addOperand = (at: number, end: RegExp, change: (operand: string) => string): void => {
    const length = operandLength(code.slice(at), end);
    mutants.push({ at, length, text: change(source.slice(at, at + length)) });
  };
  for (const { index, 0: { length } } of code.matchAll(/\b(?:if|while) \(/g)) {
    addOperand(index + length, /^\)/, (condition) => `!(${condition})`);
  }
  for (const { index, 0: { length }, 1: operator } of code.matchAll(/ (&&|\|\|)\s+/g)) {
    addOperand(index + length, /^(?:[)\]};,:]|\s+(?:&&|\|\||\?)\s)/, () => `${operator === "&&"}`);
  }
  for (const { index, 0: { length } } of source.matchAll(/\): [^()\n]+ \{$/gm)) {
    mutants.push({ at: index + length, length: 0, text: " return undefined;" });
  }
  const isFault = (mutant: Mutant): boolean => {
    const mutated = withMutant(source, mutant);
    return mutated !== source && isReadable(mutated);
  };
  return mutants.filter(isFault).sort((a, b) => a.at - b.at);
}

/** The source text with a mutant in it. */
export function withMutant(source: string, { at, length, text }: Mutant): string {
  return source.slice(0, at) + text + source.slice(at + length);
}

/** Whether the text is a program: no test would run else. */
function isReadable(source: string): boolean {
  try {
    nodeModule.stripTypeScriptTypes(source);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const COMMENT_OR_LITERAL =
  /\/\/.*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?=[^\s*/])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+\//g;

/** The text with types and comments blank, and with `§` for the characters of literals; of the same length. */
function codeOf(source: string): string {
  const code = nodeModule.stripTypeScriptTypes(source).replace(
    COMMENT_OR_LITERAL,
    (found) => /^\/[/*]/.test(found) ? found.replace(/./g, " ") : "§".repeat(found.length),
  );
  if (code.length === source.length) return code;
  throw new Error("Cannot make mutants: without its types, the text has another length");
}

/** How long the operand is that a text begins with: up to `end`, outside of the brackets that it opens. */
function operandLength(code: string, end: RegExp): number {
  let depth = 0;
  for (let at = 0; at < code.length; at++) {
    if (depth === 0 && end.test(code.slice(at, at + 100))) return at;
    if (/[([{]/.test(code[at]!)) depth++;
    if (/[)\]}]/.test(code[at]!)) depth--;
  }
  return code.length;
}

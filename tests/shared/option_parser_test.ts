import { assertEquals, assertThrows } from "@std/assert";
import {
  parseCountOption,
  parseDurationOption,
  parseOptions,
  UsageError,
} from "../../lib/shared/option_parser.ts";

const TABLE = {
  modes: ["list", "copy"],
  modesWithArguments: ["copy"],
  flags: { json: ["list"], force: ["copy"] },
  values: { from: ["list", "copy"], to: ["copy"] },
  lists: { only: ["list"] },
  dashValues: ["from"],
} as const;

function parsed(...args: string[]): unknown {
  const given = parseOptions(TABLE, args);
  if (given.mode === "help" || given.mode === "version") return given.mode;
  return {
    mode: given.mode,
    words: given.words,
    json: given.flag("json"),
    from: given.value("from"),
    only: given.list("only"),
  };
}

const EMPTY = { words: [], json: false, from: undefined, only: [] };

Deno.test("parseOptions() reads flags, values, lists and arguments", () => {
  const cases: [args: string[], expected: unknown][] = [
    [["list"], { ...EMPTY, mode: "list" }],
    [["--json", "list"], { ...EMPTY, mode: "list", json: true }],
    [["list", "--only", "a", "--only=b"], { ...EMPTY, mode: "list", only: ["a", "b"] }],
    [["copy", "--force", "a", "-"], { ...EMPTY, mode: "copy", words: ["a", "-"] }],
    [["list", "--from", "-"], { ...EMPTY, mode: "list", from: "-" }],
    [["copy", "--", "--from", "-"], { ...EMPTY, mode: "copy", words: ["--from", "-"] }],
    [["list", "--from", "x", "--help"], "help"],
    [["--version", "bogus"], "version"],
    [["--version", "--help"], "help"],
    [["bogus", "-h"], "help"],
  ];
  for (const [args, expected] of cases) assertEquals(parsed(...args), expected, args.join(" "));
});

Deno.test("parseOptions() takes true and false for the value of a flag before them", () => {
  assertEquals(parsed("list", "--json", "true"), { ...EMPTY, mode: "list", json: true });
  assertEquals(parsed("list", "--json", "false"), { ...EMPTY, mode: "list" });
});

Deno.test("parseOptions() says what is wrong", () => {
  const cases: [args: string[], message: string][] = [
    [[], "No mode is given. See --help"],
    [["lits"], 'Unknown mode "lits". Did you mean "list"?'],
    [["list", "a"], 'Mode "list" takes no argument: got "a"'],
    [["list", "--jsno"], 'Unknown option "--jsno". Did you mean "--json"?'],
    [[""], 'Unknown mode "". See --help'],
    [["LIST"], 'Unknown mode "LIST". Did you mean "list"?'],
    ...["--_", "--verbose", "--no-json", "-v", "-5"].map((name): [string[], string] => [
      ["list", name],
      `Unknown option "${name}". See --help`,
    ]),
    [["--_=list"], 'Unknown option "--_". See --help'],
    [["--__proto__=1"], 'Unknown option "--__proto__". See --help'],
    [["--from.x=1"], 'Unknown option "--from.x". Did you mean "--from"?'],
    [["list", "--json=yes"], 'Option "--json" takes no value: got "--json=yes"'],
    [["list", "--from="], 'Option "--from" needs a value'],
    [["list", "--from", "--json"], 'Option "--from" needs a value'],
    [["--from", "", "list"], 'Option "--from" needs a value'],
    [["--only", "", "list"], 'Option "--only" needs a value'],
    [["copy", "--to", "-"], 'Option "--to" needs a value'],
    [["copy", "--json"], 'Option "--json" is for list, not for copy'],
    [["list", "--to=x"], 'Option "--to" is for copy, not for list'],
    [["copy", "--only=x"], 'Option "--only" is for list, not for copy'],
  ];
  for (const [args, message] of cases) {
    assertEquals(assertThrows(() => parsed(...args), UsageError).message, message);
  }
});

Deno.test("parseDurationOption() and parseCountOption() name the option, the value and what to give", () => {
  assertEquals(parseDurationOption("age", "36h"), 129_600);
  assertEquals(parseDurationOption("age", "30s", "sm"), 30);
  assertEquals(
    assertThrows(() => parseDurationOption("age", "30s", "mh"), UsageError).message,
    'Cannot read "30s" as a duration for "--age": give minutes or hours, like 90m, 36h',
  );
  assertEquals(parseCountOption("top", "999999999"), 999_999_999);
  for (const text of ["0", "-1", "1e3", "1.5", "5x", "∞", "1000000000", ""]) {
    assertEquals(
      assertThrows(() => parseCountOption("top", text), UsageError).message,
      `Cannot read "${text}" as a number for "--top": give 1 or more`,
    );
  }
});

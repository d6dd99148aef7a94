import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Command, HELP, OPTIONS, parseCommand, UsageError } from "../lib/cli.ts";

const FOLDERS = { logDir: "/private/var/log", outDir: "/opt/telemetry/jamf" };
const DAY = 86_400;
const STATUS: Command = {
  mode: "status",
  ...FOLDERS,
  json: false,
  check: false,
  ascii: false,
  maxAge: 14 * DAY,
};
const SUMMARY: Command = {
  mode: "summary",
  logDir: FOLDERS.logDir,
  json: false,
  mask: false,
  inputs: [],
};
const MODES: readonly string[] = OPTIONS.modes;

function usageError(args: readonly string[]): string {
  return assertThrows(() => parseCommand(args), UsageError).message;
}

Deno.test("parseCommand() reads the mode, and takes what the contract says for the rest", () => {
  const cases: [args: string, expected: Command][] = [
    ["", { mode: "checkin", ...FOLDERS }],
    ["checkin", { mode: "checkin", ...FOLDERS }],
    ["errors", { mode: "errors", ...FOLDERS }],
    ["collect", { mode: "collect", ...FOLDERS }],
    ["status", STATUS],
    ["summary", SUMMARY],
  ];
  for (const [args, expected] of cases) {
    assertEquals(parseCommand(args.split(" ").filter(Boolean)), expected, args);
  }
});

Deno.test("parseCommand() reads options, before and after the mode, with and without =", () => {
  const cases: [args: string, expected: Command][] = [
    ["--log-dir /a --out-dir /b", { mode: "checkin", logDir: "/a", outDir: "/b" }],
    ["--log-dir=/a checkin --out-dir=/b", { mode: "checkin", logDir: "/a", outDir: "/b" }],
    ["errors --log-dir a=b", { mode: "errors", ...FOLDERS, logDir: "a=b" }],
    ["--out-dir /b collect", { mode: "collect", ...FOLDERS, outDir: "/b" }],
    ["status --json --check --ascii", { ...STATUS, json: true, check: true, ascii: true }],
    ["--check status --max-age 7d", { ...STATUS, check: true, maxAge: 7 * DAY }],
    ["summary --mask --json --top 20", { ...SUMMARY, mask: true, json: true, top: 20 }],
    ["summary --top=5 a b -", { ...SUMMARY, top: 5, inputs: ["a", "b", "-"] }],
    ["summary --mask a", { ...SUMMARY, mask: true, inputs: ["a"] }],
    ["summary -", { ...SUMMARY, inputs: ["-"] }],
    ["summary -- --json", { ...SUMMARY, inputs: ["--json"] }],
    ["summary 5", { ...SUMMARY, inputs: ["5"] }],
    ["summary --log-dir /a", { ...SUMMARY, logDir: "/a" }],
  ];
  for (const [args, expected] of cases) {
    assertEquals(parseCommand(args.split(" ")), expected, args);
  }
});

Deno.test("parseCommand() takes folders with and without slashes at their end", () => {
  const cases = [["/a/", "/a"], ["/a//", "/a"], ["a/b/", "a/b"], ["./", "."], ["/", "/"]];
  for (const [given, expected] of [...cases, ["///", "/"], ["/a b/ü/", "/a b/ü"]]) {
    const command = parseCommand(["--log-dir", given!, `--out-dir=${given}`]);
    assertEquals(command, { mode: "checkin", logDir: expected!, outDir: expected! });
  }
});

Deno.test("parseCommand() knows help and version in each form", () => {
  for (const word of ["help", "--help", "-h"]) assertEquals(parseCommand([word]), { mode: "help" });
  for (const word of ["version", "--version", "-V"]) {
    assertEquals(parseCommand([word]), { mode: "version" });
  }
});

Deno.test("parseCommand() reads which log of another Mac is meant, and its zone", () => {
  const zone = "Europe/Berlin";
  assertEquals(parseCommand(["status", "-", "--zone", zone]), { ...STATUS, input: "-", zone });
  assertEquals(parseCommand(["status", "/a.log"]), { ...STATUS, input: "/a.log" });
});

Deno.test("parseCommand() reads ages", () => {
  const cases: [text: string, seconds: number][] = [
    ["1m", 60],
    ["90m", 5400],
    ["36h", 129_600],
    ["14d", 14 * DAY],
    ["2w", 14 * DAY],
    ["007d", 7 * DAY],
    ["520w", 520 * 7 * DAY],
  ];
  for (const [text, maxAge] of cases) {
    assertEquals(parseCommand(["status", "--max-age", text]), { ...STATUS, maxAge });
  }
});

Deno.test("parseCommand() says in one sentence what is wrong", () => {
  const age = "give minutes, hours, days or weeks, like 90m, 36h, 14d, 2w";
  const cases: [args: string, message: string][] = [
    ["chekin", 'Unknown mode "chekin". Did you mean "checkin"?'],
    ["status --maxage 3d", 'Unknown option "--maxage". Did you mean "--max-age"?'],
    ["checkin --json", 'Option "--json" is for status and summary, not for checkin'],
    ["checkin now", 'Mode "checkin" takes no argument: got "now"'],
    ["status --max-age=0d", 'Cannot use "0d" for "--max-age": give more than 0'],
    ["status --max-age 4000d", 'Cannot use "4000d" for "--max-age": give ten years or less'],
    ["status --max-age=1000000d", 'Cannot use "1000000d" for "--max-age": give ten years or less'],
    ["status --max-age -5d", `Cannot read "-5d" as a duration for "--max-age": ${age}`],
    [
      "status a b",
      'Mode "status" reads one log: got "a" and "b"; for more, give their folder with "--log-dir"',
    ],
    [
      "status --zone Mars",
      'Unknown time zone "Mars" for "--zone": give a name like Europe/Berlin',
    ],
    ["CHEKIN", 'Unknown mode "CHEKIN". Did you mean "checkin"?'],
    ...["14", "d", "1.5d", "-5d", "1d2h", "14D", " 14d", "1e1d"].map(
      (text): [string, string] => [
        `status --max-age=${text}`,
        `Cannot read "${text}" as a duration for "--max-age": ${age}`,
      ],
    ),
    ["summary --top=0", 'Cannot read "0" as a number for "--top": give 1 or more'],
  ];
  for (const [args, message] of cases) {
    assertEquals(usageError(args.split(/ (?!14d)/)), message, args);
  }
});

Deno.test("parseCommand() knows which option is for which mode", () => {
  const cases: [option: string, modes: readonly string[]][] = [
    ["--log-dir=/a", MODES],
    ["--out-dir=/b", ["checkin", "errors", "collect", "status"]],
    ["--json", ["status", "summary"]],
    ["--check", ["status"]],
    ["--max-age=1d", ["status"]],
    ["--ascii", ["status"]],
    ["--zone=UTC", ["status"]],
    ["--mask", ["summary"]],
    ["--top=1", ["summary"]],
  ];
  for (const [option, modes] of cases) {
    for (const mode of modes) assertEquals<string>(parseCommand([mode, option]).mode, mode);
    for (const mode of MODES.filter((mode) => !modes.includes(mode))) {
      assertMatch(usageError([mode, option]), new RegExp(` is for .*, not for ${mode}$`));
    }
  }
});

Deno.test("parseCommand() understands any arguments, or says what is wrong", () => {
  const word = fc.oneof(
    fc.constantFrom(...MODES, "-", "--", "-h", "", "/a/", "14d", "5", "true", "false"),
    fc.constantFrom("--log-dir", "--out-dir", "--json", "--check", "--max-age", "--ascii", "--mask")
      .chain((option) => fc.constantFrom(option, `${option}=`, `${option}=1d`)),
    fc.constantFrom("--top", "--top=3", "--top=x", "--version", "--no-json", "--toString"),
    fc.string({ unit: "binary-ascii" }),
    fc.string().map((text) => `--${text}`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      try {
        const command = parseCommand(args);
        assert([...MODES, "help", "version"].includes(command.mode));
        if ("logDir" in command) assert(command.logDir !== "");
        if ("maxAge" in command) assert(command.maxAge > 0);
      } catch (error) {
        assertInstanceOf(error, UsageError);
        assert(error.message.length > 0);
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});

Deno.test("HELP fits on one screen and names every mode and option", () => {
  const lines = HELP.split("\n");
  assertEquals(lines.pop(), "");
  assert(lines.length <= 45);
  assertEquals(lines.filter((line) => line.length > 100 || /\s$/.test(line)), []);
  const options = Object.keys({ ...OPTIONS.flags, ...OPTIONS.values, help: [], version: [] });
  for (const name of [...MODES, ...options.map((option) => `--${option}`)]) {
    assert(HELP.includes(` ${name}`), name);
  }
  for (const standard of [FOLDERS.logDir, FOLDERS.outDir, "14d"]) assert(HELP.includes(standard));
});

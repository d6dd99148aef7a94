import { assertEquals, assertInstanceOf, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Command, HELP, OPTIONS, parseCommand, UsageError } from "../lib/cli.ts";

const RATE_LIMITS = { coolDown: 86_400, maxPerHour: 20 };
const REDEPLOY = {
  mode: "redeploy",
  dryRun: false,
  force: false,
  json: false,
  ...RATE_LIMITS,
} as const;
const SWEEP = {
  mode: "sweep",
  dryRun: false,
  mdmHosts: [],
  maxFailing: { value: 10, isPercent: true },
  ...RATE_LIMITS,
} as const;
const SERVE = { ...SWEEP, mode: "serve", every: 900, hostname: "127.0.0.1", port: 8080 } as const;

Deno.test("parseCommand() reads every mode with its options", () => {
  const cases: [args: string, expected: Command][] = [
    ["redeploy --serial A", { ...REDEPLOY, serials: ["A"] }],
    ["redeploy --serial A B --serial C", { ...REDEPLOY, serials: ["A", "C", "B"] }],
    ["redeploy --serial A --serial A", { ...REDEPLOY, serials: ["A"] }],
    ["redeploy --from - --dry-run --force --json --wait 15m", {
      ...REDEPLOY,
      serials: [],
      from: "-",
      dryRun: true,
      force: true,
      json: true,
      wait: 900,
    }],
    ["serve", SERVE],
    [
      "serve --listen 0.0.0.0:80 --dry-run --cool-down 2d --max-per-hour 5 --every 1h --max-failing 9",
      {
        ...SERVE,
        hostname: "0.0.0.0",
        port: 80,
        dryRun: true,
        coolDown: 172_800,
        maxPerHour: 5,
        every: 3600,
        maxFailing: { value: 9, isPercent: false },
        mdmHosts: [],
      },
    ],
    ["serve --listen [::1]:8080", { ...SERVE, hostname: "[::1]" }],
    ["sweep", SWEEP],
    [
      "sweep --dry-run --max-failing 5% --mdm-host MDM.example.com --mdm-host b",
      {
        ...SWEEP,
        dryRun: true,
        maxFailing: { value: 5, isPercent: true },
        mdmHosts: ["mdm.example.com", "b"],
      },
    ],
    ["check", { mode: "check", mdmHosts: [] }],
    ["check --mdm-host MDM.example.com", { mode: "check", mdmHosts: ["mdm.example.com"] }],
    ["status", { mode: "status", json: false, all: false }],
    ["status --json --all", { mode: "status", json: true, all: true }],
    ["status --serial A", { mode: "status", json: false, all: false, serial: "A" }],
    ["retry --serial A B", { mode: "retry", serials: ["A", "B"] }],
    ["retry --from -", { mode: "retry", serials: [], from: "-" }],
    ["--help serve", { mode: "help" }],
    ["--version", { mode: "version" }],
  ];
  for (const [args, expected] of cases) assertEquals(parseCommand(args.split(" ")), expected, args);
});

Deno.test("parseCommand() reports what is wrong, and suggests a similar word", () => {
  const cases: [args: string, message: string][] = [
    ["", "No mode is given. See --help"],
    ["redeploy", "No Mac is named: give --serial or --from"],
    [
      "redeploy A",
      'Unexpected argument "A": put --serial before it',
    ],
    ['redeploy --serial A"', 'Cannot read "A"" as a serial number: give letters, digits and -'],
    ["serve --serial A", 'Option "--serial" is for redeploy, retry and status, not for serve'],
    ["retry", "No Mac is named: give --serial or --from"],
    ["status --serial A --serial B", "Cannot show more than one Mac: give one --serial"],
    ["status --dry-run", 'Option "--dry-run" is for redeploy, sweep and serve, not for status'],
    ["serve --every 15d", 'Cannot use "15d" for "--every": give at most 14d'],
    ["sweep --cool-down 91d", 'Cannot use "91d" for "--cool-down": give at most 90d'],
    ["redeploy --serial A --wait 5w", 'Cannot use "5w" for "--wait": give at most 14d'],
    [
      "serve --listen 8080",
      'Cannot read "8080" as an address for "--listen": give HOST:PORT, such as 127.0.0.1:8080',
    ],
    [
      "serve --listen a:99999",
      'Cannot read "a:99999" as an address for "--listen": give HOST:PORT, such as 127.0.0.1:8080',
    ],
    ["serve --max-per-hour 0", 'Cannot read "0" as a number for "--max-per-hour": give 1 or more'],
    ["redeploy --serial -", 'Option "--serial" needs a value'],
    [
      "serve --every soon",
      'Cannot read "soon" as a duration for "--every": give seconds, minutes, hours, days or weeks, like 90s, 90m, 36h, 14d, 2w',
    ],
  ];
  for (const [args, message] of cases) {
    const given = args.split(" ").filter(Boolean);
    assertEquals(assertThrows(() => parseCommand(given), UsageError).message, message, args);
  }
});

Deno.test("parseCommand() returns a command or throws a usage error, for any arguments", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "redeploy",
      "serve",
      "retry",
      "status",
      "--serial",
      "--from",
      "--__proto__",
      "--_",
      "--",
      "-h=1",
    ),
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (args) => {
    try {
      parseCommand(args);
    } catch (error) {
      assertInstanceOf(error, UsageError);
    }
  }));
});

Deno.test("HELP names every mode and option of the table, in lines that fit a terminal", () => {
  for (const line of HELP.split("\n")) assertEquals(line.length <= 96, true, line);
  const { modes, flags, values, lists } = OPTIONS;
  for (const mode of modes) assertMatch(HELP, new RegExp(`^  ${mode}  `, "m"));
  for (const option of [flags, values, lists].flatMap(Object.keys)) {
    assertMatch(HELP, new RegExp(`--${option}[ \n]`));
  }
  assertMatch(HELP, /--help, --version/);
});

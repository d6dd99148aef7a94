// The whole pipeline on generated logs: read backwards, in pieces, and as garbage.
import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  checkinLines,
  type LineOptions,
  logLine,
  offlineLines,
  refusedLines,
  SIGNATURE_ERROR,
} from "../tools/log_text.ts";
import { formatTimestamp } from "../lib/shared/timestamp.ts";
import { at, gzip, KEYS_OF_EVERY_FILE, TestMac } from "./helpers/test_mac.ts";
import { bySize } from "./helpers/test_size.ts";

const NOW = at("2026-11-23T10:00:00Z");
const HOUR = 3600;
const DAY = 24 * HOUR;

/** What a record means, by the rules of docs/jamf-log.md. */
type Kind =
  | "begins" // Checking for polic…
  | "starts" // a new process
  | "contact"
  | "conditional" // contact, unless its run was offline
  | "offline" // Could not connect
  | "no connection" // another sign of it
  | "signature error"
  | "enrolled";

interface Fact {
  readonly at: number;
  readonly pid: number;
  readonly kind: Kind;
}

/** A piece of a log, and what its records mean, each so many seconds after its beginning. */
interface Piece {
  readonly text: (at: number, options: LineOptions) => string;
  readonly facts: readonly [after: number, kind: Kind][];
}

function line(message: string, ...kinds: Kind[]): Piece {
  return {
    text: (at, options) => logLine(at, message, options),
    facts: kinds.map((kind) => [0, kind]),
  };
}

/** A line that quotes a contact, and has a signature error below it: both mean nothing. */
function foreign(change: (line: string) => string): Piece {
  return {
    text: (at, options) =>
      change(logLine(at, "No patch policies were found.", options)) +
      `There was an error.\n\n    ${SIGNATURE_ERROR}\n`,
    facts: [],
  };
}

const PIECES: readonly Piece[] = [
  { text: checkinLines, facts: [[0, "begins"], [3, "contact"]] },
  { text: offlineLines, facts: [[0, "begins"], [1, "offline"]] },
  { text: refusedLines, facts: [[0, "begins"], [1, "signature error"]] },
  line('Checking for policies triggered by "startup"...', "begins"),
  line("Checking for policy ID 332...", "begins"),
  line("Checking for patches..."),
  line("No patch policies were found.", "contact"),
  line("Executing Policy WDAV", "conditional"),
  line("Submitting log to https://jamf.example.com:8443/", "conditional"),
  line(`Executing Policy ${SIGNATURE_ERROR}`, "conditional"),
  line("Could not connect to the JSS. Looking for cached policies...", "offline"),
  line('Error running recon: Connection failure: "The request timed out."', "no connection"),
  line(SIGNATURE_ERROR, "signature error"),
  line("Enroll return code: 0", "enrolled"),
  line("The device certificate was created successfully.", "enrolled"),
  line("Daemon starting", "starts"),
  line("Policy error code: 51"),
  line(`Error running recon: ${SIGNATURE_ERROR}`, "signature error"),
  line("Enroll return code: 70"),
  line(""),
  { text: () => `output of a script\n\n${SIGNATURE_ERROR}\n`, facts: [] },
  {
    text: (at, options) =>
      logLine(at, "", options) +
      'There was an error.\n\n    Connection failure: "The request timed out."\n',
    facts: [[0, "no connection"]],
  },
  {
    text: (at, options) =>
      logLine(at, "No patch policies were found.", options) +
      `There was an error.\n\n    ${SIGNATURE_ERROR}\n`,
    facts: [[0, "contact"]],
  },
  foreign((line) => line.replace(/jamf\[\d+\]: /, "script[977]: ")),
  foreign((line) => line.replace(/(jamf\[\d+\])/, `script[977]: ${line.slice(0, 19)} Mac $1`)),
  foreign((line) => `2026-11-23T10:00:00Z ${line.slice(20)}`),
  foreign((line) => `2014-10-1 10:00:00 ${line.slice(20)}`),
  foreign((line) => line.replace(/(\d\d:\d\d:\d\d)/, "$1 GMT 2026")),
  foreign((line) => line.replace(/^(\w+) (\w+) (\d+) (\S+)/, "$1 $3 $2 2026 $4 GMT")),
  {
    text: (at) => {
      const foreign = logLine(at, "Hello").replace(/jamf\[\d+\]/, "[OtherTool]");
      return `${foreign}There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
    },
    facts: [],
  },
];
const LONGEST_PIECE = 3;

/** Many at once, some a while later, few after days. */
const anyGap = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 1, arbitrary: fc.constantFrom(3 * HOUR, 12 * HOUR, 3 * DAY) },
);
const anyHistory = fc.array(
  fc.record({
    piece: fc.constantFrom(...PIECES),
    pid: fc.integer({ min: 1, max: 4 }),
    gap: anyGap,
  }),
  { maxLength: 50 },
);
type Steps = typeof anyHistory extends fc.Arbitrary<infer T> ? T : never;

/** A history that ends at the time of the inspection: its text by pieces, and what it means. */
function write(steps: Steps): { pieces: { at: number; text: string }[]; facts: Fact[] } {
  let at = NOW - steps.reduce((sum, { gap }) => sum + gap + LONGEST_PIECE, 0);
  const pieces = [];
  const facts: Fact[] = [];
  for (const { piece, pid, gap } of steps) {
    pieces.push({ at, text: piece.text(at, { pid }) });
    facts.push(...piece.facts.map(([after, kind]) => ({ at: at + after, pid, kind })));
    at += gap + LONGEST_PIECE;
  }
  return { pieces, facts };
}

function textOf(pieces: readonly { text: string }[]): string {
  return pieces.map(({ text }) => text).join("");
}

/**
 * The records that executed a cached policy: between a sign that the run is offline and the next beginning of its pid. It
 * is given up 14 days before such a record.
 */
function cachedOf(facts: readonly Fact[]): Set<Fact> {
  const offlineSince = new Map<number, number[]>();
  const begun = new Set<number>();
  const cached = new Set<Fact>();
  for (const record of facts) {
    const { at, pid, kind } = record;
    const since = offlineSince.get(pid) ?? [];
    if (kind === "begins" || kind === "starts" || kind === "enrolled") begun.add(pid);
    if (kind === "begins" || kind === "starts" || kind === "enrolled") offlineSince.delete(pid);
    if (kind === "offline" || kind === "signature error") offlineSince.set(pid, [...since, at]);
    const isOffline = since.length > 0 && (begun.has(pid) || at - since.at(-1)! < 14 * DAY);
    if (kind === "conditional" && isOffline) cached.add(record);
  }
  return cached;
}

/** The rules of the design, forwards: what `agent_errors` must hold. */
function assess(facts: readonly Fact[]): Record<string, unknown> {
  const cached = cachedOf(facts);
  const contact = facts.findLastIndex((record) =>
    record.kind === "contact" || record.kind === "enrolled" ||
    (record.kind === "conditional" && !cached.has(record))
  );
  const since = facts.slice(contact + 1);
  const count = (...kinds: Kind[]): number =>
    since.filter(({ kind }) => kinds.includes(kind)).length;
  const errors = since.filter(({ kind }) => kind === "signature error")
    .map(({ at }) => formatTimestamp(at));
  const last = facts[contact]?.at;
  const isSilent = last !== undefined && last < NOW - 14 * DAY;
  const status = last === undefined ? "no_success" : isSilent ? "silent" : "ok";
  const begins = errors[0] ?? (isSilent ? formatTimestamp(last) : undefined);
  return {
    status: errors.length > 0 ? "device_signature_error" : status,
    ...(begins !== undefined && { status_since: begins }),
    ...(last !== undefined && { last_successful_checkin: formatTimestamp(last) }),
    device_signature_errors: errors.length,
    ...(errors.length > 0 && {
      first_device_signature_error: errors[0],
      last_device_signature_error: errors.at(-1),
    }),
    connection_errors: count("offline", "no connection"),
    attempts: count("begins"),
    complete: true,
  };
}

/** What the program finds; `agent_errors` without the keys that every file has. */
function findings(mac: TestMac): Record<string, unknown> {
  const { stdout } = mac.run(["checkin"], NOW);
  mac.run(["errors"], NOW);
  const errors = JSON.parse(mac.telemetry("agent_errors")!);
  for (const key of KEYS_OF_EVERY_FILE) delete errors[key];
  assertEquals(stdout, `<result>${errors.last_successful_checkin ?? "no_success"}</result>\n`);
  return errors;
}

Deno.test("reading backwards finds what the rules find forwards, also a second time", () => {
  fc.assert(
    fc.property(anyHistory, (steps) => {
      const { pieces, facts } = write(steps);
      using mac = new TestMac();
      mac.log("jamf.log", textOf(pieces), NOW);
      assertEquals(findings(mac), assess(facts));
      assertEquals(findings(mac), assess(facts));
    }),
    { numRuns: bySize(200, 2000) },
  );
});

const anyCopy = fc.record({
  name: fc.oneof(
    fc.integer({ min: 0, max: 12 }).map((n) => `jamf.log.${n}`),
    fc.constantFrom("jamf.log.old", "jamf.log-20261101"),
  ),
  packed: fc.constantFrom("plain", "gzip", "gzip named as such"),
  /** The copy was written to later, by whatever packed it. */
  touched: fc.boolean(),
});

Deno.test("a log that was rotated gives the same findings as the whole", async () => {
  const where = fc.nat({ max: 50 });
  await fc.assert(
    fc.asyncProperty(anyHistory, where, anyCopy, async (steps, where, copy) => {
      const { pieces, facts } = write(steps);
      const older = pieces.slice(0, where);
      const content = textOf(older);
      const written = (older.at(-1)?.at ?? NOW) + LONGEST_PIECE;
      using mac = new TestMac();
      mac.log("jamf.log", textOf(pieces.slice(where)), NOW);
      mac.log(
        copy.packed === "gzip named as such" ? `${copy.name}.gz` : copy.name,
        copy.packed === "plain" ? content : await gzip(content),
        copy.touched ? NOW : Math.min(written, NOW),
      );
      assertEquals(findings(mac), assess(facts));
    }),
    { numRuns: bySize(100, 1000) },
  );
});

/** Logs as they are, and anything from a few wrong bytes in them to nothing but such. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.tuple(
    anyHistory,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 30 }),
    fc.nat(),
  ).map(([steps, wrong, from]) => {
    const bytes = new TextEncoder().encode(textOf(write(steps).pieces));
    for (const [where, byte] of wrong) bytes[where % bytes.length] = byte;
    return bytes.subarray(from % (bytes.length + 1));
  }),
);
const anyZone = fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata");

const RESULT = /^<result>[\w:-]+<\/result>\n$/;
const TABLE = /^(?: *\d+ .*\n)*$/;

const COMMANDS: readonly [args: readonly string[], stdout: RegExp][] = [
  [["checkin"], RESULT],
  [["errors"], RESULT],
  [["collect"], /^$/],
  [["status"], /^.+\n/],
  [["status", "--json"], /^{[^]*}\n$/],
  [["status", "--check", "--ascii"], /^.+\n/],
  [["summary"], TABLE],
  [["summary", "--mask", "--top", "3"], TABLE],
  [["summary", "--json"], /^{[^]*}\n$/],
];

for (const [args, expected] of COMMANDS) {
  Deno.test(`${args.join(" ")} answers on any bytes`, () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, anyZone, (live, copy, zone) => {
        using mac = new TestMac();
        mac.log("jamf.log", live, NOW);
        mac.log("jamf.log.1", copy, NOW - 100);
        assertMatch(mac.run(args, NOW, { timeZone: zone }).stdout, expected);
      }),
      { numRuns: bySize(50, 300) },
    );
  });
}

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
import { at, gzip, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");
const HOUR = 3600;

/** What a record tells, in the words of the design. */
type Kind =
  | "begins" // Checking for polic…
  | "contact"
  | "conditional" // contact, unless its run was offline
  | "offline" // Could not connect
  | "no connection" // another sign of it
  | "signature error"
  | "healed";

interface Told {
  readonly at: number;
  readonly pid: number;
  readonly kind: Kind;
}

/** A piece of a log, and what its records tell, each so many seconds after its beginning. */
interface Piece {
  readonly text: (at: number, options: LineOptions) => string;
  readonly tells: readonly [after: number, kind: Kind][];
}

function line(message: string, ...kinds: Kind[]): Piece {
  return {
    text: (at, options) => logLine(at, message, options),
    tells: kinds.map((kind) => [0, kind]),
  };
}

const PIECES: readonly Piece[] = [
  { text: checkinLines, tells: [[0, "begins"], [3, "contact"]] },
  { text: offlineLines, tells: [[0, "begins"], [1, "offline"]] },
  { text: refusedLines, tells: [[0, "begins"], [1, "signature error"]] },
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
  line("Enroll return code: 0", "healed"),
  line("Enroll return code: 70"),
  line(""),
  { text: () => `output of a script\n\n    ${SIGNATURE_ERROR}\n`, tells: [] },
  {
    text: (at) => {
      const foreign = logLine(at, "Hello").replace(/jamf\[\d+\]/, "[OtherTool]");
      return `${foreign}There was an error.\n\n    ${SIGNATURE_ERROR}\n`;
    },
    tells: [],
  },
];
const LONGEST_PIECE = 3;

/** Many at once, some a while later, few after half a day and more. */
const anyGap = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 900 }) },
  { weight: 1, arbitrary: fc.constantFrom(3 * HOUR, 12 * HOUR - 1, 12 * HOUR, 13 * HOUR) },
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

/** A history that ends at the time of the look: its text by pieces, and what it tells. */
function write(steps: Steps): { pieces: { at: number; text: string }[]; told: Told[] } {
  let at = NOW - steps.reduce((sum, { gap }) => sum + gap + LONGEST_PIECE, 0);
  const pieces = [];
  const told: Told[] = [];
  for (const { piece, pid, gap } of steps) {
    pieces.push({ at, text: piece.text(at, { pid }) });
    told.push(...piece.tells.map(([after, kind]) => ({ at: at + after, pid, kind })));
    at += gap + LONGEST_PIECE;
  }
  return { pieces, told };
}

function textOf(pieces: readonly { text: string }[]): string {
  return pieces.map(({ text }) => text).join("");
}

/** What one pid told from a beginning to the next, its end first cut off where it has lasted 12 hours. */
function runsOf(told: readonly Told[]): Told[][] {
  const all: Told[][] = [];
  const current = new Map<number, Told[]>();
  for (const record of told) {
    if (record.kind === "begins" || !current.has(record.pid)) {
      const run: Told[] = [];
      current.set(record.pid, run);
      all.push(run);
    }
    current.get(record.pid)!.push(record);
  }
  return all.flatMap(cutByTime);
}

function cutByTime(records: readonly Told[]): Told[][] {
  const last = records.at(-1);
  if (last === undefined) return [];
  const isOfRun = ({ at }: Told): boolean => last.at - at < 12 * HOUR;
  return [...cutByTime(records.filter((told) => !isOfRun(told))), records.filter(isOfRun)];
}

/** The rules of the design, forwards: what `agent_errors` must hold. */
function assess(told: readonly Told[]): Record<string, unknown> {
  const isBad = ({ kind }: Told): boolean => kind === "offline" || kind === "signature error";
  const cached = new Set(runsOf(told).filter((run) => run.some(isBad)).flat());
  const contact = told.findLastIndex((record) =>
    record.kind === "contact" || (record.kind === "conditional" && !cached.has(record))
  );
  const healed = told.findLastIndex(({ kind }) => kind === "healed");
  const since = told.slice(contact + 1);
  const count = (...kinds: Kind[]): number =>
    since.filter(({ kind }) => kinds.includes(kind)).length;
  const errors = told.slice(Math.max(contact, healed) + 1)
    .filter(({ kind }) => kind === "signature error").map(({ at }) => formatTimestamp(at));
  return {
    status: errors.length > 0 ? "device_signature_error" : contact < 0 ? "no_success" : "ok",
    ...(contact >= 0 && { last_successful_checkin: formatTimestamp(told[contact]!.at) }),
    device_signature_errors: errors.length,
    ...(errors.length > 0 && {
      first_device_signature_error: errors[0],
      last_device_signature_error: errors.at(-1),
    }),
    connection_errors: count("offline", "no connection"),
    attempts: count("begins"),
  };
}

/** What the program finds; `agent_errors` without the keys that every file has. */
function findings(mac: TestMac): Record<string, unknown> {
  const { stdout } = mac.run(["checkin"], NOW);
  mac.run(["errors"], NOW);
  const { schema_version: _, checked_at: __, watched_seconds: ___, ...errors } = JSON.parse(
    mac.telemetry("agent_errors")!,
  );
  assertEquals(stdout, `<result>${errors.last_successful_checkin ?? "no_success"}</result>\n`);
  return errors;
}

Deno.test("reading backwards finds what the rules find forwards, also a second time", () => {
  fc.assert(
    fc.property(anyHistory, (steps) => {
      const { pieces, told } = write(steps);
      using mac = new TestMac();
      mac.log("jamf.log", textOf(pieces), NOW);
      assertEquals(findings(mac), assess(told));
      assertEquals(findings(mac), assess(told));
    }),
    { numRuns: 300 },
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

Deno.test("a log that was rotated tells the same as the whole", async () => {
  const where = fc.nat({ max: 50 });
  await fc.assert(
    fc.asyncProperty(anyHistory, where, anyCopy, async (steps, where, copy) => {
      const { pieces, told } = write(steps);
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
      assertEquals(findings(mac), assess(told));
    }),
    { numRuns: 200 },
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
      { numRuns: 100 },
    );
  });
}

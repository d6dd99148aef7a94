import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import { BEGIN, RECON } from "../helpers/record_spec.ts";
import {
  continuedEvidence,
  EVIDENCE,
  type Evidence,
  evidenceOf,
  isErrorBlockLine,
  type Meaning,
} from "../../lib/log/evidence.ts";

const encoder = new TextEncoder();

function evidence(message: string): Evidence | undefined {
  const bytes = encoder.encode(message);
  return evidenceOf(bytes, 0, bytes.length);
}

for (const row of EVIDENCE) {
  for (const sample of row.samples) {
    Deno.test(`evidenceOf() takes ${JSON.stringify(sample)} for ${row.means}`, () => {
      assertEquals(evidence(sample), row);
      assertEquals(evidence(`[DEBUG] ${sample}`), row);
    });
  }
}

Deno.test("each row of EVIDENCE has a sample that begins as it says", () => {
  for (const { begins, samples } of EVIDENCE) {
    assertEquals(samples.length > 0 && samples.every((s) => s.startsWith(begins)), true, begins);
  }
});

// The table of docs/jamf-log.md, "What a line means", and what is near to it.
const MEANINGS: readonly [message: string, means: Meaning | undefined][] = [
  ["No patch policies were found.", "contact"],
  ["Executing Policy WDAV", "contact unless offline"],
  ["No policies were found for the ID 3", "contact unless offline"],
  ["Submitting log to https://jamf.example.com:8443/", "contact unless offline"],
  ["Enroll return code: 0", "contact"],
  ["Enroll return code: 0x", "contact"],
  ["The device certificate was created successfully.", "contact"],
  ['Checking for policies triggered by "startup"...', "attempt"],
  ["Checking for policy ID 332...", "attempt"],
  ["Checking for patches...", "attempt"],
  [SIGNATURE_ERROR, "device signature error"],
  ["Could not connect to the JSS. Looking for cached policies...", "no connection"],
  ['Connection failure: "The host jamf.example.com is not accessible."', "no connection"],
  ['Error running recon: Connection failure: "The request timed out."', "no connection"],
  ["Error running recon: Out of memory", "other failure"],
  ["This policy trigger is already being run: login", "blocked"],
  ["Policy error code: 51", "blocked"],
  ["Policy error code: 510", undefined],
  ["\tInstalling X.pkg...", "local"],

  // An error behind another.
  [`Error running recon: ${SIGNATURE_ERROR}`, "device signature error"],
  [`Error running recon: Error running recon: ${SIGNATURE_ERROR}`, "device signature error"],
  ["Error running recon: Security Error - x", "agent error"],
  ["Error running recon: Unknown Error - An unknown error has occurred.", "agent error"],
  ["Error running recon: Could not connect to the JSS. x", "no connection"],
  [`An error occurred while running recon: ${SIGNATURE_ERROR}`, "device signature error"],
  [
    `Error running recon: An error occurred while sending: ${SIGNATURE_ERROR}`,
    "device signature error",
  ],
  [
    'An error occurred while enrolling: it failed: Connection failure: "The request timed out."',
    "no connection",
  ],
  [
    `An error occurred while enrolling: one: two: three: ${SIGNATURE_ERROR}`,
    "device signature error",
  ],
  ["An error occurred while enrolling: Permission Error - x", "agent error"],
  ["An error occurred while x: No patch policies were found.", "agent error"],
  ["Error running recon: No patch policies were found.", "other failure"],
  ["Error running recon: Executing Policy WDAV", "other failure"],
  [`Error running recon: x: ${SIGNATURE_ERROR}`, "other failure"],
  [`An error occurred while running "Fix: ${SIGNATURE_ERROR}"`, "agent error"],
  [
    `An error occurred while running "Fix: ${SIGNATURE_ERROR}": Connection failure: "x"`,
    "no connection",
  ],
  [`An error occurred while ${SIGNATURE_ERROR}`, "agent error"],
  ["Security Error - A security error has occurred.", "agent error"],
  ["Permission Error - x", "agent error"],
  ["Unknown Error - x", "agent error"],
  ["An error occurred while x", "agent error"],
  ["There was an error.", "agent error"],
  ["Informing the JSS about login for user jdoe", "local"],
  ["The SSL Certificate for https://jamf.example.com:8443/ must be trusted.", "server certificate"],

  // Other return codes are no enrolment.
  ["Enroll return code: 70", "local"],
  ["Enroll return code: 01", "local"],
  ["Enroll return code: ", "local"],

  // A name means nothing.
  [`Executing Policy ${SIGNATURE_ERROR}`, "contact unless offline"],
  ["Executing Policy Could not connect to the JSS", "contact unless offline"],
  ["Installing No patch policies were found.", "local"],
  [`A script found "${SIGNATURE_ERROR}"`, undefined],
  [" No patch policies were found.", undefined],
  ["no patch policies were found.", undefined],
  ["[DEBUG] [DEBUG] No patch policies were found.", undefined],
  ["[INFO] No patch policies were found.", undefined],

  // An admin tool writes a sentence of its own.
  ["Device Signature error - A valid device signature is required", undefined],
  ["Device Signature Error", undefined],

  // Torn or empty.
  ["No patch policies were found", undefined],
  ["Executing Polic", undefined],
  ["[DEBUG] ", undefined],
  ["", undefined],
];

for (const [message, means] of MEANINGS) {
  Deno.test(`evidenceOf() takes ${JSON.stringify(message)} for ${means ?? "nothing"}`, () => {
    assertEquals(evidence(message)?.means, means);
  });
}

Deno.test("an error that a message quotes is one of the inventory only if the message is", () => {
  assertEquals(evidence(`Error running recon: ${SIGNATURE_ERROR}`)?.inventory, true);
  assertEquals(evidence(`An error occurred while x: ${SIGNATURE_ERROR}`)?.inventory, undefined);
});

Deno.test("evidenceOf() does not read on behind the message", () => {
  const bytes = encoder.encode("x No patch policies were found.");
  assertEquals(evidenceOf(bytes, 2, bytes.length)?.means, "contact");
  assertEquals(evidenceOf(bytes, 2, bytes.length - 1), undefined);
  const enrolled = encoder.encode("Enroll return code: 0\nx");
  assertEquals(evidenceOf(enrolled, 0, enrolled.indexOf(0x0a))?.means, "contact");
});

/** What a message says besides its meaning. */
type Says = Partial<Pick<Evidence, "run" | "offline" | "checkIn" | "patches">>;

const RUNS: readonly [message: string, says: Says][] = [
  [
    'Checking for policies triggered by "recurring check-in" for user "jdoe"...',
    { run: "begins", checkIn: true },
  ],
  ['Checking for policies triggered by "recurring check-in"...', { run: "begins", checkIn: true }],
  ['Checking for policies triggered by "startup"...', { run: "begins" }],
  ["Checking for policy ID 332...", { run: "begins" }],
  ["Checking for patches...", { patches: true }],
  ["No patch policies were found.", { patches: true }],
  ["Could not connect to the JSS. Looking for cached policies...", { offline: true }],
  [SIGNATURE_ERROR, { offline: true }],
  [`Error running recon: ${SIGNATURE_ERROR}`, { offline: true }],
  ['Connection failure: "The request timed out."', {}],
  ['Error running recon: Connection failure: "The request timed out."', {}],
  ["Enroll return code: 0", { run: "resets" }],
  ["The device certificate was created successfully.", { run: "resets" }],
  ["Daemon starting", { run: "resets" }],
  ["Policy error code: 51", {}],
];

for (const [message, says] of RUNS) {
  Deno.test(`evidenceOf() takes ${JSON.stringify(message)} for ${JSON.stringify(says)}`, () => {
    const { run, offline, checkIn, patches } = evidence(message)!;
    const said: Says = {
      ...(run && { run }),
      ...(offline && { offline }),
      ...(checkIn && { checkIn }),
      ...(patches && { patches }),
    };
    assertEquals(said, says);
  });
}

const OPENING = "There was an error.";
const INDENTED = `    ${SIGNATURE_ERROR}`;
const TIMEOUT = '    Connection failure: "The request timed out."';

const CONTINUATIONS: readonly [lines: readonly string[], means: Meaning | undefined][] = [
  [[OPENING, INDENTED], "device signature error"],
  [[OPENING, `\t${SIGNATURE_ERROR}`], "device signature error"],
  [[OPENING, OPENING, INDENTED], "device signature error"],
  [[OPENING, TIMEOUT], "no connection"],
  [[OPENING, "    Unknown Error - An unknown error has occurred."], "agent error"],
  [[OPENING, "    Security Error - A security error has occurred."], "agent error"],
  [[OPENING, "    Permission Error - You do not have permission."], "agent error"],
  [[OPENING, `    Error running recon: ${SIGNATURE_ERROR}`], "device signature error"],
  [[OPENING, "    Security Error - x", INDENTED], "device signature error"],
  [[OPENING, INDENTED, "    Security Error - x"], "device signature error"],
  [[OPENING, TIMEOUT, "    Security Error - x"], "no connection"],
  [[OPENING, SIGNATURE_ERROR], undefined],
  [[OPENING, "    No patch policies were found."], undefined],
  [[INDENTED, OPENING], undefined],
  [[INDENTED], undefined],
  [[TIMEOUT], undefined],
  [[SIGNATURE_ERROR], undefined],
  [[OPENING], undefined],
  [[], undefined],
];

for (const [lines, means] of CONTINUATIONS) {
  Deno.test(`continuedEvidence() takes ${JSON.stringify(lines)} for ${means ?? "nothing"}`, () => {
    const evidence = continuedEvidence(undefined, lines);
    assertEquals([evidence?.means, evidence === undefined], [means, means === undefined]);
  });
}

const BLOCK_LINES: readonly [line: string, isPart: boolean][] = [
  [OPENING, true],
  [INDENTED, true],
  [` \t ${SIGNATURE_ERROR}`, true],
  [TIMEOUT, true],
  ["    Unknown Error - x", true],
  ["    Security Error - x", true],
  ["    Permission Error - x", true],
  [` ${OPENING}`, true],
  [SIGNATURE_ERROR, false],
  ["    Device Signature error - a tool's own sentence", false],
  ["    No patch policies were found.", false],
  ["No patch policies were found.", false],
  ["    ", false],
  ["", false],
];

for (const [line, isPart] of BLOCK_LINES) {
  Deno.test(`isErrorBlockLine() is ${isPart} for ${JSON.stringify(line)}`, () => {
    const bytes = encoder.encode(line);
    assertEquals(isErrorBlockLine(bytes, 0, bytes.length), isPart);
  });
}

Deno.test("continuedEvidence() takes the record's own message for the opening", () => {
  assertEquals(continuedEvidence(evidence(OPENING), [INDENTED])?.means, "device signature error");
  assertEquals(continuedEvidence(evidence(OPENING), [TIMEOUT])?.means, "no connection");
});

Deno.test("continuedEvidence() leaves a record what it means by itself if no error follows", () => {
  for (const message of [BEGIN, "Daemon starting", RECON]) {
    const own = evidence(message);
    for (const lines of [[], [OPENING], [INDENTED]]) {
      assertEquals(continuedEvidence(own, lines), own);
    }
  }
});

Deno.test("continuedEvidence() turns no contact into an error", () => {
  for (const { means, samples } of EVIDENCE) {
    if (means !== "contact" && means !== "contact unless offline") continue;
    for (const sample of samples) {
      assertEquals(continuedEvidence(evidence(sample), [OPENING, INDENTED]), evidence(sample));
      assertEquals(continuedEvidence(evidence(sample), [OPENING, TIMEOUT]), evidence(sample));
    }
  }
});

Deno.test("continuedEvidence() turns every other record into an error", () => {
  for (const { means, samples } of EVIDENCE) {
    if (means === "contact" || means === "contact unless offline") continue;
    for (const sample of samples) {
      const continued = continuedEvidence(evidence(sample), [OPENING, INDENTED]);
      assertEquals(continued?.means, "device signature error");
    }
  }
});

Deno.test("continuedEvidence() takes the error that tells more for that of the record", () => {
  const security = "    Security Error - A security error has occurred.";
  assertEquals(continuedEvidence(evidence(SIGNATURE_ERROR), [OPENING, TIMEOUT])?.offline, true);
  assertEquals(continuedEvidence(evidence(RECON), [OPENING, security])?.means, "no connection");
});

Deno.test("continuedEvidence() keeps that a run begins in a record with an error", () => {
  const { means, run, checkIn, offline } = continuedEvidence(evidence(BEGIN), [OPENING, INDENTED])!;
  assertEquals([means, run, checkIn, offline], ["device signature error", "begins", true, true]);
});

Deno.test("evidenceOf() throws on no input, and goes by the message alone", () => {
  const anyPart = fc.oneof(
    fc.constantFrom(...EVIDENCE.map(({ begins }) => begins), SIGNATURE_ERROR, ": ", '"', "x"),
    fc.stringMatching(/^[ -~é]{0,4}$/),
  );
  const anyMessage = fc.array(anyPart, { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(anyMessage, anyMessage, anyMessage, (before, message, after) => {
      const start = encoder.encode(before).length;
      const end = start + encoder.encode(message).length;
      const among = evidenceOf(encoder.encode(before + message + after), start, end);
      assertEquals(among, evidence(message));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("evidenceOf() takes any number of errors behind each other", () => {
  const message = "Error running recon: ".repeat(50_000);
  assertEquals(evidence(`${message}${SIGNATURE_ERROR}`)?.means, "device signature error");
  assertEquals(evidence(message)?.means, "other failure");
});

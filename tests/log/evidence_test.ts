import { assertEquals } from "@std/assert";
import { SIGNATURE_ERROR } from "../../tools/log_text.ts";
import {
  continuedEvidence,
  EVIDENCE,
  type Evidence,
  evidenceOf,
  isSignatureErrorLine,
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

// The table of docs/jamf-log.md, "What a line proves", and what is near to it.
const PROOFS: readonly [message: string, means: Meaning | undefined][] = [
  ["No patch policies were found.", "contact"],
  ["Executing Policy WDAV", "contact unless offline"],
  ["No policies were found for the ID 3", "contact unless offline"],
  ["Submitting log to https://jamf.example.com:8443/", "contact unless offline"],
  ["Enroll return code: 0", "healed"],
  ["The device certificate was created successfully.", "healed"],
  ['Checking for policies triggered by "startup"...', "attempt"],
  ["Checking for policy ID 332...", "attempt"],
  ["Checking for patches...", "attempt"],
  [SIGNATURE_ERROR, "device signature error"],
  ["Could not connect to the JSS. Looking for cached policies...", "no connection"],
  ['Connection failure: "The host jamf.example.com is not accessible."', "no connection"],
  ['Error running recon: Connection failure: "The request timed out."', "no connection"],
  ["Error running recon: Out of memory", "other failure"],
  ["Security Error - A security error has occurred.", "other failure"],
  ["Permission Error - x", "other failure"],
  ["Unknown Error - x", "other failure"],
  ["An error occurred while x", "other failure"],
  ["There was an error.", "other failure"],
  ["Informing the JSS about login for user jdoe", "local"],
  ["The SSL Certificate for https://jamf.example.com:8443/ must be trusted.", "local"],

  // Other return codes heal nothing.
  ["Enroll return code: 70", undefined],
  ["Enroll return code: 01", undefined],
  ["Enroll return code: 0x", undefined],
  ["Enroll return code: ", undefined],

  // A name proves nothing.
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

for (const [message, means] of PROOFS) {
  Deno.test(`evidenceOf() takes ${JSON.stringify(message)} for ${means ?? "nothing"}`, () => {
    assertEquals(evidence(message)?.means, means);
  });
}

Deno.test("evidenceOf() does not read on behind the message", () => {
  const bytes = encoder.encode("x No patch policies were found.");
  assertEquals(evidenceOf(bytes, 2, bytes.length)?.means, "contact");
  assertEquals(evidenceOf(bytes, 2, bytes.length - 1), undefined);
  const enrolled = encoder.encode("Enroll return code: 0\nx");
  assertEquals(evidenceOf(enrolled, 0, enrolled.indexOf(0x0a))?.means, "healed");
});

const RUNS: readonly [message: string, run: Evidence["run"]][] = [
  ['Checking for policies triggered by "startup"...', "begins"],
  ["Checking for policy ID 332...", "begins"],
  ["Checking for patches...", undefined],
  ["Could not connect to the JSS. Looking for cached policies...", "offline"],
  ['Connection failure: "The request timed out."', undefined],
  ['Error running recon: Connection failure: "The request timed out."', undefined],
];

for (const [message, run] of RUNS) {
  Deno.test(`evidenceOf() takes ${JSON.stringify(message)} for ${run ?? "no change"} of its run`, () => {
    assertEquals(evidence(message)?.run, run);
  });
}

const OPENING = "There was an error.";
const INDENTED = `    ${SIGNATURE_ERROR}`;

const CONTINUATIONS: readonly [lines: readonly string[], means: Meaning | undefined][] = [
  [[OPENING, INDENTED], "device signature error"],
  [[OPENING, `\t${SIGNATURE_ERROR}`], "device signature error"],
  [[OPENING, OPENING, INDENTED], "device signature error"],
  [[OPENING, SIGNATURE_ERROR, INDENTED], "device signature error"],
  [[OPENING, SIGNATURE_ERROR], undefined],
  [[INDENTED, OPENING], undefined],
  [[INDENTED], undefined],
  [[SIGNATURE_ERROR], undefined],
  [[OPENING], undefined],
  [[], undefined],
];

for (const [lines, means] of CONTINUATIONS) {
  Deno.test(`continuedEvidence() takes ${JSON.stringify(lines)} for ${means ?? "nothing"}`, () => {
    assertEquals(continuedEvidence(undefined, lines)?.means, means);
  });
}

const TELLING: readonly [line: string, telling: boolean][] = [
  [OPENING, true],
  [INDENTED, true],
  [` \t ${SIGNATURE_ERROR}`, true],
  [SIGNATURE_ERROR, true],
  [` ${OPENING}`, false],
  ["    Device Signature error - a tool's own sentence", false],
  ["No patch policies were found.", false],
  ["    ", false],
  ["", false],
];

for (const [line, telling] of TELLING) {
  Deno.test(`isSignatureErrorLine() is ${telling} for ${JSON.stringify(line)}`, () => {
    const bytes = encoder.encode(line);
    assertEquals(isSignatureErrorLine(bytes, 0, bytes.length), telling);
  });
}

Deno.test("continuedEvidence() takes the record's own message for the opening", () => {
  const opening = EVIDENCE.find(({ begins }) => begins === "There was an error.");
  const proven = continuedEvidence(opening, [`    ${SIGNATURE_ERROR}`]);
  assertEquals(proven?.means, "device signature error");
});

Deno.test("continuedEvidence() leaves a record what it means by itself if no error follows", () => {
  const contact = EVIDENCE.find(({ means }) => means === "contact");
  for (const lines of [[], ["There was an error."], [`    ${SIGNATURE_ERROR}`]]) {
    assertEquals(continuedEvidence(contact, lines), contact);
  }
});

Deno.test("continuedEvidence() keeps that a run begins in a record with an error", () => {
  const attempt = EVIDENCE.find(({ run }) => run === "begins");
  const proven = continuedEvidence(attempt, ["There was an error.", `  ${SIGNATURE_ERROR}`]);
  assertEquals(proven?.means, "device signature error");
  assertEquals(proven?.run, "begins");
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isDateOutput, isForeign, stampEnd } from "../../lib/log/foreign.ts";

/** A line's stamp; the rest follows the bar. */
const STAMPED: readonly string[] = [
  "2026-11-24 10:15:40| script[977]: [INFO] x",
  "2014-10-1 12:48:53| x",
  "2026-11-24T10:15:40|",
  "2026-11-24T10:15:40Z| x",
  "2026-11-24T10:15:40.123Z| x",
  "2026-11-24 10:15:40,123| x",
  "2026-11-24T10:15:40+01:00| x",
  "2026-11-24 10:15:40 +0100| x",
  "2026-11-24 10:15:40-05| Mac installer[12]: x",
  "2026-11-24 10:15:40 UTC| x",
  "2026-11-24 9:15:40| x",
  "[2026-11-24 10:15:40]| x",
  "2026/11/24 10:15:40| x",
  "24/11/2026, 10:15:40| x",
  "2026-11-24 10:15:40| Zoe",
  "Tue Nov 24 10:15:40 GMT 2026| x",
  "Tue Nov 24 10:15:40 AKDT 2026|",
  "Tue Nov 24 10:15:40 +0530 2026| x",
  "Tue Nov 24 10:15:40 2026| x",
  "Tue Nov  3 10:15:40| Mac x",
  "Tue Nov 24 10:15:40| LAB 2026 x",
  "Tue Nov 24 10:15:40 AM GMT 2026| x",
  "Tue 24 Nov 2026 10:15:40 GMT| x",
  "Tue, 24 Nov 2026 10:15:40 +0000| x",
  "24 Nov 2026 10:15:40| x",
  "Nov 24 00:00:00| Mac newsyslog[12]: logfile turned over",
  "Nov 24, 2026 10:15:40| x",
  // Other languages.
  "Mo. Nov. 30 10:15:40| Mac x",
  "ma 30 nov 10:15:40| Mac x",
  "Mo. 30. Nov. 2026 10:15:40 CET| x",
  "di 24 nov 2026 10:15:40 CET| x",
  "Do 5 Mär 10:15:40| x",
  "mån 30 nov 10:15:40| x",
  "lun. 30 nov. 2026 10:15:40 CET| x",
  "Ven Avr 25 09:21:38| Mac x",
  "sáb 7 ago 10:15:40| x",
  "30 dicembre 2026, 10:15:40| x",
  "пн 30 ноя 10:15:40| x",
  "30.11.2026 10:15:40| x",
  "30.11.2026, 10:15:40 +0100| x",
];

for (const line of STAMPED) {
  Deno.test(`stampEnd() finds the stamp in ${JSON.stringify(line)}`, () => {
    const bytes = new TextEncoder().encode(line.replace("|", ""));
    const stamp = new TextEncoder().encode(line.split("|")[0]);
    assertEquals(stampEnd(bytes, 0, bytes.length), stamp.length);
    assert(isForeign(bytes, 0, bytes.length));
  });
}

const UNSTAMPED: readonly string[] = [
  "",
  "    2026-11-24 10:15:40 x",
  "There was an error.",
  "The time is 10:15:40",
  "10:15:40 x",
  "2026-11-24 x",
  "2026-11-24 10:15",
  "2026-11-24 10:15:4",
  "12345-11-24 10:15:40",
  "Tue Nov 24 10:15:4",
  "Tue Nov 24 10:15:400",
  "Tue Nov 124 10:15:40",
  "Tue Nov 24 10-15-40",
  "Mayor Nov 24 10:15:40",
  "1.2.3 10:15:40",
  "2026-11/24 10:15:40",
  "12.13.14 10:15:40",
  "ETA 5 min 00:05:00",
  "ma 30 nov 10:15",
];

for (const line of UNSTAMPED) {
  Deno.test(`stampEnd() finds no stamp in ${JSON.stringify(line)}`, () => {
    const bytes = new TextEncoder().encode(line);
    assertEquals(stampEnd(bytes, 0, bytes.length), undefined);
    assert(!isForeign(bytes, 0, bytes.length));
  });
}

const BEHIND_NAMES: readonly [line: string, expected: boolean][] = [
  ["MHC (2.2.0b10): 2025-11-30 10:15:40  [NOTICE] x", true],
  ["sym (1.15.0 V3): 2025-11-30 10:15:40 - x", true],
  ["Mac Health Check (3.0): Mo. Nov. 30 10:15:40", true],
  ["tool: 2025-11-30 10:15:40 x", true],
  ["tool[12]: 2025-11-30T10:15:40Z: x", true],
  ["[Tool] 2025-11-30 10:15:40 | x", true],
  // Output of a command, which belongs to the record above it.
  ["Installed: 2025-11-30 10:15:40", false],
  ["Installed: 2025-11-30 10:15:40 +0100", false],
  ["Last run: 2025-11-30 10:15:40 by x", false],
  ["  MHC (2.2.0b10): 2025-11-30 10:15:40 x", false],
  ["MHC (2.2.0b10): there 2025-11-30 10:15:40 x", false],
  [`${"x".repeat(60)} (1): 2025-11-30 10:15:40 x`, false],
];

for (const [line, expected] of BEHIND_NAMES) {
  Deno.test(`isForeign() is ${expected} for ${JSON.stringify(line)}`, () => {
    const bytes = new TextEncoder().encode(line);
    assertEquals(isForeign(bytes, 0, bytes.length), expected);
  });
}

Deno.test("stampEnd() does not read on behind the line", () => {
  const bytes = new TextEncoder().encode("x 2026-11-24 10:15:40 UTC");
  assertEquals(stampEnd(bytes, 2, bytes.length), 25);
  assertEquals(stampEnd(bytes, 2, 21), 21);
  assertEquals(stampEnd(bytes, 2, 20), undefined);
});

Deno.test("stampEnd() throws on no input", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 90 }), (bytes) => {
    const end = stampEnd(bytes, 0, bytes.length);
    assertEquals(end === undefined || end <= bytes.length, true);
  }));
});

const DATES: readonly [behind: string, expected: boolean][] = [
  [" GMT 2026", true],
  [" GMT 2026 Mac", true],
  [" +0530 2026: x", true],
  [" -03 2026", true],
  [" LAB 2026", false],
  [" GMT", false],
  [" GMT 20260", false],
  [" GMT-2026", false],
  [" Jane's Mac", false],
  ["", false],
];

for (const [behind, expected] of DATES) {
  Deno.test(`isDateOutput() is ${expected} for ${JSON.stringify(behind)}`, () => {
    const bytes = new TextEncoder().encode(behind);
    assertEquals(isDateOutput(bytes, 0, bytes.length), expected);
  });
}

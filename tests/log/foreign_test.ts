import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isDateOutput, stampEnd } from "../../lib/log/foreign.ts";

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
];

for (const line of STAMPED) {
  Deno.test(`stampEnd() finds the stamp in ${JSON.stringify(line)}`, () => {
    const bytes = new TextEncoder().encode(line.replace("|", ""));
    assertEquals(stampEnd(bytes, 0, bytes.length), line.indexOf("|"));
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
  "Die Nov 24 10:15:40",
  "Mayor Nov 24 10:15:40",
  "1.2.3 10:15:40",
  "2026-11/24 10:15:40",
];

for (const line of UNSTAMPED) {
  Deno.test(`stampEnd() finds no stamp in ${JSON.stringify(line)}`, () => {
    const bytes = new TextEncoder().encode(line);
    assertEquals(stampEnd(bytes, 0, bytes.length), undefined);
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

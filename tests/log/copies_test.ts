import { assertEquals } from "@std/assert";
import { endsOf, isBeginning, keyOf } from "../../lib/log/copies.ts";
import { bytesSource } from "../../lib/log/byte_source.ts";

const TEXT = "Fri Apr 25 09:21:38 Mac jamf[1]: Hello\n";
const LONG = "x".repeat(100_000);

const BEGINNINGS: readonly [what: string, copy: string, log: string, expected: boolean][] = [
  ["the same", TEXT, TEXT, true],
  ["its beginning", TEXT, `${TEXT}more\n`, true],
  ["a longer one", `${TEXT}more\n`, TEXT, false],
  ["nothing", "", TEXT, false],
  ["another one of the same size", TEXT.replace("Hello", "World"), TEXT, false],
  ["one with another end", `${LONG}a`, `${LONG}bc`, false],
  ["one with another beginning", `a${LONG}`, `b${LONG}c`, false],
  [
    "one that differs in between, near its beginning",
    `${LONG}a`.replace("xxx", "xyx"),
    `${LONG}a`,
    false,
  ],
  ["one of another size that differs near its end", `${LONG}yx`, `${LONG}xxx`, false],
  [
    "one that differs 60 KiB before its end",
    `${LONG}y${LONG.slice(0, 60_000)}`,
    LONG + LONG,
    false,
  ],
  ["a long beginning", LONG, `${LONG}more`, true],
  ["its end", "more", `${LONG}more`, false],
];

for (const [what, copy, log, expected] of BEGINNINGS) {
  Deno.test(`isBeginning() says ${expected} of ${what}`, () => {
    const [a, b] = [copy, log].map((text) => endsOf(bytesSource(new TextEncoder().encode(text))));
    assertEquals(isBeginning(a!, b!), expected);
    assertEquals(expected && keyOf(a!) !== keyOf(b!), false, "they have different keys");
  });
}

import { assertEquals } from "@std/assert";
import { horizon } from "../../lib/health/horizon.ts";

const LIMIT = 1000;

/** Some stamps in a row. */
function row(count: number, at: number | undefined): (number | undefined)[] {
  return Array.from({ length: count }, () => at);
}

const CASES: readonly [what: string, stamps: (number | undefined)[], past: boolean][] = [
  ["nothing", [], false],
  ["63 older stamps in a row", row(63, 999), false],
  ["64 older stamps in a row", row(64, 999), true],
  ["64 stamps at the limit", row(64, LIMIT), false],
  ["a newer one among 126 older", [...row(63, 999), 1001, ...row(63, 999)], false],
  ["a newer one before 64 older", [...row(63, 999), 1001, ...row(64, 999)], true],
  ["older ones with undated ones among them", [...row(40, 1), undefined, ...row(24, 1)], true],
  ["undated ones in place of older", [...row(63, 1), ...row(64, undefined)], false],
];

for (const [what, stamps, past] of CASES) {
  Deno.test(`horizon() is ${past ? "reached" : "not reached"} after ${what}`, () => {
    const isPast = horizon(LIMIT);
    assertEquals(stamps.map(isPast).at(-1) ?? false, past);
  });
}

Deno.test("horizon() is never reached without a limit", () => {
  const isPast = horizon(-Infinity);
  assertEquals(row(1000, 0).some(isPast), false);
});

Deno.test("horizon() counts for each test by itself", () => {
  const one = horizon(LIMIT);
  row(63, 1).forEach(one);
  assertEquals(horizon(LIMIT)(1), false);
});

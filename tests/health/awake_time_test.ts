import { assertEquals } from "@std/assert";
import { awakeBetween, startOfGap, unscheduledSeconds } from "../../lib/health/awake_time.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** When the LaunchDaemon is due. */
const DUE = 1_000_000 * 900 + 420;

Deno.test("awakeBetween() counts what lies between two inspections on time", () => {
  const cases: readonly (readonly [before: number, now: number, seconds: number])[] = [
    [DUE, DUE + 900, 900],
    [DUE + 120, DUE + 900, 780],
    [DUE, DUE + 900 + 120, 1020],
    // Too late, or before it was due.
    [DUE + 121, DUE + 900, 0],
    [DUE, DUE + 900 + 121, 0],
    [DUE - 1, DUE + 900, 0],
    // Over 25 minutes.
    [DUE + 120, DUE + 1800 - 1, 0],
    [DUE, DUE + 1800, 0],
    [DUE + 120, DUE + 1800, 0],
    // No time, or a clock that was set back.
    [DUE, DUE, 0],
    [DUE + 900, DUE, 0],
  ];
  for (const [before, now, seconds] of cases) {
    assertEquals(awakeBetween(before, now), seconds, `${before - DUE}, ${now - DUE}`);
  }
});

Deno.test("unscheduledSeconds() goes on until the agent shows a check-in, or after a long sleep", () => {
  const cases: readonly (readonly [shown: number, gap: number, seconds: number])[] = [
    [-Infinity, 900, 1000],
    [DUE - 1, 900, 1000],
    // The second of the inspection before counts as new.
    [DUE, 900, 0],
    [DUE + 1, 900, 0],
    [DUE - 1, 2 * HOUR, 100],
    [DUE - 1, 2 * HOUR + 1, 0],
  ];
  for (const [shown, gap, seconds] of cases) {
    assertEquals(unscheduledSeconds(DUE, 100, shown, DUE + gap), seconds, `${shown}, ${gap}`);
  }
  assertEquals(unscheduledSeconds(DUE, Number.MAX_SAFE_INTEGER, 0, DUE + 900), 2 ** 53 - 1);
});

Deno.test("startOfGap() takes 25 minutes if the clock was ahead at the inspection before", () => {
  assertEquals(startOfGap(DUE, DUE), DUE);
  assertEquals(startOfGap(DUE + 1, DUE), DUE - 25 * MINUTE);
});

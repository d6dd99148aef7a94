import { assertEquals } from "@std/assert";
import { delayBefore } from "../../lib/http/client.ts";

Deno.test("delayBefore() waits as long as the server requests, at most a minute", () => {
  const now = Date.parse("2026-01-02T03:04:05Z");
  const cases: [retryAfter: string | null, delay: number][] = [
    ["0", 0],
    ["3", 3000],
    ["3600", 60_000],
    ["Fri, 02 Jan 2026 03:04:15 GMT", 10_000],
    ["Fri, 02 Jan 2026 03:04:05 GMT", 0],
    ["Friday, 02-Jan-26 03:04:15 GMT", 10_000],
    // Past: one of the clocks is wrong.
    ["Fri, 02 Jan 2026 03:04:00 GMT", 500],
    ["Fri, 02 Jan 2027 03:04:05 GMT", 60_000],
    ["soon", 500],
    ["1.5", 1500],
    [" 3 ", 3000],
    ["-1", 500],
    ["-5", 500],
    ["-0.5", 500],
    ["3 seconds", 500],
    ["1e3", 500],
    ["NaN", 500],
    ["Infinity", 500],
    ["", 500],
    [null, 500],
  ];
  for (const [retryAfter, delay] of cases) {
    assertEquals(delayBefore(1, retryAfter, now, 1), delay, retryAfter ?? "none");
  }
});

Deno.test("delayBefore() doubles up to a minute, and half of it is random", () => {
  const delays = (random: number): number[] =>
    [1, 2, 3, 4, 20].map((attempt) => delayBefore(attempt, null, 0, random));
  assertEquals(delays(0), [250, 500, 1000, 2000, 30_000]);
  assertEquals(delays(1), [500, 1000, 2000, 4000, 60_000]);
});

import { assertEquals } from "@std/assert";
import { LogDetails } from "../../lib/health/log_details.ts";
import { Runs } from "../../lib/health/runs.ts";
import { BEGIN, entryOf } from "../helpers/record_spec.ts";

const HOUR = 3600;
const NOW = 1_000_000 * 900;

/** How often check-ins begin, by the gaps between them, the newest first. */
function every(gaps: readonly number[]): number | undefined {
  const [details, runs] = [new LogDetails(NOW, "UTC"), new Runs()];
  let at = NOW;
  for (const [pid, gap] of [0, ...gaps].entries()) {
    const entry = entryOf([at -= gap, pid, BEGIN]);
    details.take(entry, runs.runOf(entry));
  }
  return details.interval;
}

Deno.test("LogDetails tell how often check-ins begin, to 5 minutes, if there are enough", () => {
  assertEquals(every([900, 900]), undefined);
  assertEquals(every([900, 900, 900]), 900);
  assertEquals(every([900, 1100, 1000, 9 * HOUR]), 900);
  assertEquals(every([900, 900, 1.5 * HOUR + 1]), undefined);
  assertEquals(every([1.5 * HOUR, 1.5 * HOUR, 1.5 * HOUR]), 1.5 * HOUR);
  assertEquals(every([1, 1, 1]), 300);
  // Only the newest 12 count.
  assertEquals(every([...Array(11).fill(1800), ...Array(30).fill(300)]), 1800);
});

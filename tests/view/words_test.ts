import { assertEquals } from "@std/assert";
import { durationText, numberText } from "../../lib/view/words.ts";

Deno.test("durationText() rounds down, to the largest unit that fits", () => {
  const cases: [seconds: number, text: string][] = [
    [0, "0 seconds"],
    [1, "1 second"],
    [59, "59 seconds"],
    [60, "1 minute"],
    [119, "1 minute"],
    [3599, "59 minutes"],
    [3600, "1 hour"],
    [47 * 3600 + 3599, "47 hours"],
    [48 * 3600, "2 days"],
    [14 * 86_400 - 1, "13 days"],
    [14 * 86_400, "14 days"],
    [1400 * 86_400, "1,400 days"],
  ];
  for (const [seconds, text] of cases) assertEquals(durationText(seconds), text);
});

Deno.test("numberText() parts thousands", () => {
  const texts = [0, 999, 1000, 12_345, 1_234_567].map(numberText);
  assertEquals(texts, ["0", "999", "1,000", "12,345", "1,234,567"]);
});

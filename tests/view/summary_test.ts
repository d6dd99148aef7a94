import { assertEquals } from "@std/assert";
import { summaryJson, summaryText } from "../../lib/view/summary.ts";

const COUNTS = [
  { count: 1200, message: "No patch policies were found." },
  { count: 30, message: "Executing Policy WDAV" },
  { count: 5, message: "" },
  { count: 5, message: "Daemon starting" },
];

Deno.test("summaryText() is a line a message, counts under counts", () => {
  assertEquals(
    summaryText(COUNTS),
    "1200 No patch policies were found.\n" +
      "  30 Executing Policy WDAV\n" +
      "   5 \n" +
      "   5 Daemon starting\n",
  );
  assertEquals(summaryText([]), "");
});

Deno.test("summaryText() counts in a last line what --top leaves out", () => {
  const cases: [top: number, lines: string[]][] = [
    [1, ["1200 No patch policies were found.", "  40 in 3 other messages"]],
    [3, [...summaryText(COUNTS).split("\n").slice(0, 3), "   5 in 1 other message"]],
    [4, summaryText(COUNTS).split("\n").slice(0, 4)],
    [1000, summaryText(COUNTS).split("\n").slice(0, 4)],
  ];
  for (const [top, lines] of cases) {
    assertEquals(summaryText(COUNTS, top), lines.map((line) => `${line}\n`).join(""));
  }
});

Deno.test("summaryText() keeps counts under counts when the rest is larger than each of them", () => {
  const counts = Array.from({ length: 30 }, (_, i) => ({ count: 9, message: `Policy ${i}` }));
  assertEquals(summaryText(counts, 1), "  9 Policy 0\n261 in 29 other messages\n");
});

Deno.test("summaryText() shows control characters instead of sending them", () => {
  assertEquals(summaryText([{ count: 1, message: "\x1b[2J\r" }]), "1 \\x1b[2J\\x0d\n");
});

Deno.test("summaryJson() counts also what --top leaves out", () => {
  const all = { schema_version: 1, lines: 1240, distinct: 4 };
  assertEquals(JSON.parse(summaryJson(1240, COUNTS)), { ...all, messages: COUNTS });
  assertEquals(JSON.parse(summaryJson(1240, COUNTS, 2)), { ...all, messages: COUNTS.slice(0, 2) });
});

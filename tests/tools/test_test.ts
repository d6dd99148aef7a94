// The program that runs the tests, on what stands for `deno test`.
import { assertEquals, assertMatch } from "@std/assert";
import { runTests, totalOf } from "../../tools/test.ts";

const OUTPUT = `
NOT TESTED: zsh. Install zsh

a ... ok (1ms)
`;

Deno.test("totalOf() reads what passed, what was skipped, and why", () => {
  const end = "ok | 12 passed (3 steps) | 0 failed | 2 ignored (1s)\n";
  assertEquals(totalOf(true, OUTPUT + end, ""), {
    passed: 12,
    failed: 0,
    skipped: 2,
    reasons: ["NOT TESTED: zsh. Install zsh"],
    failures: "",
  });
});

Deno.test("totalOf() counts a run without a total, or that fails after it, as one failure", () => {
  const crash = "error: Module not found\n";
  const end = "ok | 12 passed | 0 failed (1s)\n";
  for (const [isSuccess, stdout] of [[false, ""], [true, ""], [false, end]] as const) {
    const { failed, failures } = totalOf(isSuccess, stdout, crash);
    assertEquals([failed, failures], [1, stdout + crash]);
  }
});

Deno.test("totalOf() has the details of what failed", () => {
  const details = " ERRORS \n\na => ./a_test.ts:1:1\nerror: no\n\n";
  const end = " FAILURES \n\na => ./a_test.ts:1:1\n\nFAILED | 1 passed | 2 failed (1s)\n";
  const { passed, failed, failures } = totalOf(false, OUTPUT + details + end, "");
  assertEquals([passed, failed, failures], [1, 2, details]);
});

Deno.test("runTests() kills tests that print nothing more, even if they ignore signals", async () => {
  const script = "trap '' TERM INT HUP; echo 'a ... '; while :; do sleep 1; done";
  const { passed, failed, failures } = await runTests(["sh", "-c", script], 0.002);
  assertEquals([passed, failed], [0, 1]);
  assertMatch(failures, /^Killed, after 0\.002 minutes without output; the last:\n/);
});

// Runs the tests of both programs, and says only what one has to know: what failed, what was skipped and why, one total.

import { print } from "../lib/shared/print.ts";

/** Tests of one program that run in a process of their own. */
interface Suite {
  /** The program, and its set of permissions in deno.json. */
  readonly set: string;
  readonly args: readonly string[];
}

/** What the tests of one program, or of both, came to. */
interface Total {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was skipped and why, a line each, as `tests/helpers/skip.ts` writes it. */
  readonly reasons: readonly string[];
  /** The details of failures. */
  readonly failures: string;
}

const SUITES: readonly Suite[] = [
  { set: "endpoint", args: ["--ignore=tests/deploy", "tests"] },
  { set: "endpoint", args: ["--ignore=tests/deploy/simulation_test.ts", "tests/deploy"] },
  { set: "endpoint", args: ["tests/deploy/simulation_test.ts"] },
  { set: "heal", args: ["--ignore=heal/tests/process", "heal/tests"] },
  { set: "heal", args: ["--ignore=heal/tests/process/crash_test.ts", "heal/tests/process"] },
  // They mostly wait.
  { set: "heal", args: ["heal/tests/process/crash_test.ts"] },
];

const ROOT = new URL("../", import.meta.url).pathname;

async function runSuite({ set, args }: Suite): Promise<Total> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", `-P=${set}`, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return totalOf(code, text.decode(stdout), text.decode(stderr));
}

/**
 * Reads what `deno test` has printed without colors. A run that ends with an error before its first test, or that
 * does not say which test failed, counts as one failure.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const stdout = "\nNOT TESTED: zsh. Install zsh\n\na ... ok (1ms)\n\nok | 12 passed (3 steps) | 0 failed | 2 ignored (1s)\n";
 * const { passed, failed, skipped, reasons } = totalOf(0, stdout, "");
 * assertEquals([passed, failed, skipped, reasons], [12, 0, 2, ["NOT TESTED: zsh. Install zsh"]]);
 * const crashed = totalOf(1, "", "error: Module not found\n");
 * assertEquals([crashed.failed, crashed.failures], [1, "error: Module not found\n"]);
 * ```
 */
export function totalOf(code: number, stdout: string, stderr: string): Total {
  const summary = stdout.match(/^(?:ok|FAILED) \| .*$/m)?.[0] ?? "";
  const count = (word: string): number =>
    Number(summary.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  const failed = count("failed");
  const details = stdout.match(/^ ERRORS $[^]*?(?=^ FAILURES $)/m)?.[0] ?? stdout + stderr;
  const isFailure = code !== 0 || summary === "";
  return {
    passed: count("passed"),
    failed: isFailure ? Math.max(1, failed) : failed,
    skipped: count("ignored"),
    reasons: (stdout + stderr).match(/^NOT TESTED: .*$/gm) ?? [],
    failures: isFailure ? details : "",
  };
}

async function main(names: readonly string[]): Promise<number> {
  const suites = SUITES.filter(({ set }) => names.length === 0 || names.includes(set));
  const unknown = names.find((name) => !suites.some(({ set }) => set === name));
  if (unknown !== undefined) {
    say(`Unknown tests "${unknown}": name endpoint, heal or neither\n`);
    return 2;
  }
  const started = performance.now();
  const totals = await Promise.all(suites.map(runSuite));
  for (const { failures } of totals) say(failures);
  const reasons = new Set(totals.flatMap((total) => total.reasons));
  for (const reason of [...reasons].sort()) say(`${reason}\n`);
  const sum = (key: "passed" | "failed" | "skipped"): number =>
    totals.reduce((sum, total) => sum + total[key], 0);
  const seconds = Math.round((performance.now() - started) / 1000);
  const failed = sum("failed");
  say(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped (${seconds} s)\n`);
  return failed > 0 ? 1 : 0;
}

function say(text: string): void {
  print(Deno.stdout, text);
}

if (import.meta.main) Deno.exit(await main(Deno.args));

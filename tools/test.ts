// Runs the tests of both programs, and says only what one has to know: what failed, what was skipped and why, a line for
// each suite as it ends, and one total.

import { print } from "../lib/shared/print.ts";

/** What a suite came to. */
export interface Total {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was skipped and why, a line each, as `tests/helpers/skip.ts` writes it. */
  readonly reasons: readonly string[];
  /** The details of failures. */
  readonly failures: string;
}

/** Tests that run in a process of their own; the program is also their set of permissions in deno.json. */
const SUITES: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ["endpoint", "endpoint", "tests", "--ignore=tests/deploy"],
  ["deploy", "endpoint", "tests/deploy", "--ignore=tests/deploy/simulation_test.ts"],
  ["simulation", "endpoint", "tests/deploy/simulation_test.ts"],
  ["heal", "heal", "heal/tests", "--ignore=heal/tests/process"],
  ["processes", "heal", "heal/tests/process", "--ignore=heal/tests/process/crash_test.ts"],
  // They mostly wait.
  ["crashes", "heal", "heal/tests/process/crash_test.ts"],
];

const ROOT = new URL("../", import.meta.url).pathname;
/** A process that prints nothing for so many minutes hangs: every test prints a line as it ends. */
const PATIENCE = 10;

/**
 * Runs `deno test`, or what stands for it, until it ends or hangs. A test that failed is printed at once.
 *
 * @param command The program and its arguments.
 * @param patience For how many minutes it may print nothing. After that it is killed, which counts as one failure.
 */
export async function runTests(command: readonly string[], patience: number): Promise<Total> {
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const hangs = Promise.withResolvers<void>();
  const giveUp = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [stdout, stderr, told] = ["", "", 0];
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(hangs.resolve, patience * 60_000);
    const failed = stdout.match(/^.* \.\.\. FAILED .*\n/gm) ?? [];
    for (; told < failed.length; told++) say(failed[told]!);
  };
  wait();
  const streams = Promise.allSettled([
    read(child.stdout, giveUp.signal, (text) => {
      stdout += text;
      wait();
    }),
    read(child.stderr, giveUp.signal, (text) => {
      stderr += text;
      wait();
    }),
  ]);
  let isRunning = true;
  const end = child.status.finally(() => isRunning = false);
  // What it has started may outlive it, and hold its streams open.
  await Promise.race([Promise.all([end, streams]), hangs.promise]);
  clearTimeout(timer);
  giveUp.abort();
  await streams;
  const isKilled = isRunning;
  if (isKilled) child.kill("SIGKILL");
  const total = totalOf((await end).success, stdout, stderr);
  if (!isKilled) return total;
  const last = (stdout + stderr).trimEnd().split("\n").slice(-3).join("\n");
  const failures = `Killed, after ${patience} minutes without output; the last:\n${last}\n`;
  return { ...total, failures };
}

/** Hands over the text of a stream as it comes. */
function read(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  take: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const write = (bytes: Uint8Array): void => take(decoder.decode(bytes, { stream: true }));
  return stream.pipeTo(new WritableStream({ write }), { signal });
}

/**
 * Reads what `deno test` has printed without colors. A run that ends with an error before its first test, or that
 * does not say which test failed, counts as one failure.
 */
export function totalOf(isSuccess: boolean, stdout: string, stderr: string): Total {
  const summary = stdout.match(/^(?:ok|FAILED) \| .*$/m)?.[0] ?? "";
  const count = (word: string): number =>
    Number(summary.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  const failed = count("failed");
  const details = stdout.match(/^ ERRORS $[^]*?(?=^ FAILURES $)/m)?.[0] ?? stdout + stderr;
  const isFailure = !isSuccess || summary === "";
  return {
    passed: count("passed"),
    failed: isFailure ? Math.max(1, failed) : failed,
    skipped: count("ignored"),
    reasons: (stdout + stderr).match(/^NOT TESTED: .*$/gm) ?? [],
    failures: isFailure ? details : "",
  };
}

async function runSuite([name, program, ...args]: typeof SUITES[number]): Promise<Total> {
  const started = performance.now();
  const command = [Deno.execPath(), "test", "--no-check", `-P=${program}`, ...args];
  const total = await runTests(command, PATIENCE);
  const seconds = Math.round((performance.now() - started) / 1000);
  say(`${total.failures}${name}: ${total.passed} passed, ${total.failed} failed (${seconds} s)\n`);
  return total;
}

async function main(names: readonly string[]): Promise<number> {
  const suites = SUITES.filter(([, program]) => names.length === 0 || names.includes(program));
  const unknown = names.find((name) => !suites.some(([, program]) => program === name));
  if (unknown !== undefined) {
    const set = unknown.startsWith("heal/") ? "heal" : "endpoint";
    say(
      `Unknown tests "${unknown}": name endpoint, heal or neither. ` +
        `For a folder or a file: deno test --no-check -P=${set} ${unknown}\n`,
    );
    return 2;
  }
  const started = performance.now();
  const totals = await Promise.all(suites.map(runSuite));
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

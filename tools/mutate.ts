// A mutation run: makes one fault at a time in copies of the tree, runs the tests, and prints the faults that no test
// notices. Each is a test that is missing, or code that nothing needs.

import { parseArgs } from "@std/cli/parse-args";
import { walkSync } from "@std/fs/walk";
import { print } from "../lib/shared/print.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const HELP = `Usage: deno task mutate [--every N] [--tests LIST] [PATH…]

  PATH           the files or folders that get faults   (lib/log lib/health)
  --every N      only each Nth fault   (1)
  --tests LIST   test files or folders, comma-separated   (those of the paths, and tests/*_test.ts)
`;
const PROCESSES = 2;
/** A test file may take so many times as long as the slowest does without a fault. */
const PATIENCE = 10;

type Outcome = "survived" | "killed" | "killed by the time limit" | "not valid";

/** A mutant of a file, whose path is from the root. */
interface Candidate extends Mutant {
  readonly file: string;
  readonly source: string;
}

/** Runs a test file in a copy of the tree, for `limit` milliseconds at most. */
async function runTest(copy: string, file: string, limit?: number): Promise<Outcome> {
  const flags = ["--no-check", "--fail-fast", "--v8-flags=--max-old-space-size=512"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-P=endpoint", ...flags, file],
    cwd: copy,
    env: { NO_COLOR: "1", TMPDIR: `${copy}/tmp` },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = limit && setTimeout(() => child.kill("SIGKILL"), limit);
  const { success, signal, stderr } = await child.output();
  clearTimeout(timer);
  if (success) return "survived";
  if (signal === "SIGKILL") return "killed by the time limit";
  const isUnreadable = new TextDecoder().decode(stderr).includes("could not be parsed");
  return isUnreadable ? "not valid" : "killed";
}

/** Runs the tests without a fault in all copies at once, and returns the time that each took, in milliseconds. */
async function measure(
  copies: readonly string[],
  tests: readonly string[],
): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const test of tests) {
    const started = performance.now();
    const outcomes = await Promise.all(copies.map((copy) => runTest(copy, test)));
    times.set(test, performance.now() - started);
    if (outcomes.every((outcome) => outcome === "survived")) continue;
    throw new Error(`Cannot look for faults that no test notices: "${test}" fails without one`);
  }
  return times;
}

/** Prints the survivors in the order of the candidates, and the counts. */
async function mutate(
  candidates: readonly Candidate[],
  copies: readonly string[],
  tests: readonly string[],
): Promise<void> {
  const times = await measure(copies, tests);
  const fastestFirst = tests.toSorted((a, b) => times.get(a)! - times.get(b)!);
  const limit = PATIENCE * Math.max(...times.values());
  const outcomes: Outcome[] = [];
  let [next, printed] = [0, 0];
  const work = async (copy: string): Promise<void> => {
    for (let i = next++; i < candidates.length; i = next++) {
      const { file, source, at, length, text } = candidates[i]!;
      const mutated = source.slice(0, at) + text + source.slice(at + length);
      await Deno.writeTextFile(`${copy}/${file}`, mutated);
      const own = file.replace("lib/", "tests/").replace(".ts", "_test.ts");
      let outcome: Outcome = "survived";
      for (
        const test of new Set([...fastestFirst.filter((test) => test === own), ...fastestFirst])
      ) {
        if (outcome === "survived") outcome = await runTest(copy, test, limit);
      }
      await Deno.writeTextFile(`${copy}/${file}`, source);
      outcomes[i] = outcome;
      for (; outcomes[printed] !== undefined; printed++) {
        if (outcomes[printed] === "survived") say(describe(candidates[printed]!));
      }
    }
  };
  await Promise.all(copies.map(work));
  const counts = Object.entries(Object.groupBy(outcomes, (outcome) => outcome))
    .map(([outcome, { length }]) => `${length} ${outcome}`);
  say(`${candidates.length} mutants: ${counts.sort().join(", ")}`);
}

function describe({ file, source, at, length, text }: Candidate): string {
  const line = source.slice(0, at).split("\n").length;
  const change = `"${source.slice(at, at + length)}" -> "${text.trim()}"`;
  return `${file}:${line}: ${change} in: ${source.split("\n")[line - 1]!.trim()}`;
}

function copyTree(to: string): string {
  for (const { path, isFile } of walkSync(ROOT, { skip: [/\/(?:\.git|node_modules|dist)$/] })) {
    const copy = to + path.slice(ROOT.length - 1);
    if (isFile) Deno.copyFileSync(path, copy);
    else Deno.mkdirSync(copy, { recursive: true });
  }
  Deno.mkdirSync(`${to}/tmp`);
  return to;
}

function filesIn(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    path.endsWith(".ts")
      ? [path]
      : Array.from(walkSync(ROOT + path, { exts: [".ts"] }), (file) => file.path.slice(ROOT.length))
  ).sort();
}

function candidatesIn(file: string): Candidate[] {
  const source = Deno.readTextFileSync(ROOT + file);
  return mutantsOf(source).map((mutant) => ({ file, source, ...mutant }));
}

function say(text: string): void {
  print(Deno.stdout, `${text}\n`);
}

if (import.meta.main) {
  const given = parseArgs(Deno.args, { boolean: ["help"], string: ["every", "tests", "_"] });
  if (given.help) {
    print(Deno.stdout, HELP);
    Deno.exit();
  }
  const paths = given._.length === 0 ? ["lib/log", "lib/health"] : given._;
  const candidates = filesIn(paths).flatMap(candidatesIn)
    .filter((_, i) => i % Number(given.every ?? 1) === 0);
  const own = paths.map((path) => path.replace("lib/", "tests/").replace(".ts", "_test.ts"));
  const tests = given.tests?.split(",") ?? own;
  const top = filesIn(["tests"]).filter((path) => /^tests\/\w+_test\.ts$/.test(path));
  const root = Deno.makeTempDirSync({ prefix: "jamf-pulse-mutants-" });
  try {
    const copies = Array.from({ length: PROCESSES }, (_, i) => copyTree(`${root}/${i}`));
    await mutate(candidates, copies, [...filesIn(tests), ...(given.tests ? [] : top)]);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

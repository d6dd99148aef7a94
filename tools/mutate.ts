// A mutation run: makes one fault at a time in copies of the tree, runs the tests, and prints the faults that no test
// notices. Each is a test that is missing, or code that nothing needs.

import { parseArgs } from "@std/cli/parse-args";
import { walkSync } from "@std/fs/walk";
import { print } from "../lib/shared/print.ts";
import { type Mutant, mutantsOf, withMutant } from "./mutants.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const HELP = `Usage: deno task mutate [--every N] [PATH…]

Makes faults in these files or folders, by default lib/log and lib/health; with --every, in each Nth place only.
`;
const PROCESSES = 2;
/** A test file may take so many times as long as the slowest does without a fault. */
const PATIENCE = 10;

type Outcome = "survived" | "killed" | "killed by the time limit";

interface Candidate extends Mutant {
  readonly file: string;
  readonly source: string;
}

/** Test files, the fastest first, and how many milliseconds each may take. */
interface Plan {
  readonly tests: readonly string[];
  readonly limit: number;
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
    stderr: "null",
  }).spawn();
  const timer = limit && setTimeout(() => child.kill("SIGKILL"), limit);
  const { success, signal } = await child.status;
  clearTimeout(timer);
  if (success) return "survived";
  return signal === "SIGKILL" ? "killed by the time limit" : "killed";
}

/** Runs the tests without a fault, in all copies at once. */
async function measure(
  copies: readonly string[],
  tests: readonly string[],
): Promise<Plan> {
  const times = new Map<string, number>();
  for (const test of tests) {
    const started = performance.now();
    const outcomes = await Promise.all(copies.map((copy) => runTest(copy, test)));
    times.set(test, performance.now() - started);
    if (outcomes.every((outcome) => outcome === "survived")) continue;
    throw new Error(`Cannot look for faults that no test notices: "${test}" fails without one`);
  }
  const fastestFirst = tests.toSorted((a, b) => times.get(a)! - times.get(b)!);
  return { tests: fastestFirst, limit: PATIENCE * Math.max(...times.values()) };
}

/** Makes a mutant in a copy, and runs the tests, its file's own first, until one fails. */
async function outcomeOf(candidate: Candidate, copy: string, plan: Plan): Promise<Outcome> {
  const { file, source } = candidate;
  const own = plan.tests.filter((test) => test === testOf(file));
  await Deno.writeTextFile(`${copy}/${file}`, withMutant(source, candidate));
  let outcome: Outcome = "survived";
  for (const test of new Set([...own, ...plan.tests])) {
    if (outcome === "survived") outcome = await runTest(copy, test, plan.limit);
  }
  await Deno.writeTextFile(`${copy}/${file}`, source);
  return outcome;
}

/** Prints the survivors in the order of the candidates, and the counts. */
async function mutate(
  candidates: readonly Candidate[],
  copies: readonly string[],
  plan: Plan,
): Promise<void> {
  const outcomes: Outcome[] = [];
  let [next, printed] = [0, 0];
  await Promise.all(copies.map(async (copy) => {
    for (let i = next++; i < candidates.length; i = next++) {
      outcomes[i] = await outcomeOf(candidates[i]!, copy, plan);
      for (; outcomes[printed] !== undefined; printed++) {
        if (outcomes[printed] === "survived") say(describe(candidates[printed]!));
      }
    }
  }));
  const counts = Object.entries(Object.groupBy(outcomes, (outcome) => outcome))
    .map(([outcome, { length }]) => `${length} ${outcome}`);
  say(`${candidates.length} mutants: ${counts.sort().join(", ")}`);
}

/** The tests of a file or a folder, by its name. */
function testOf(path: string): string {
  return path.replace("lib/", "tests/").replace(".ts", "_test.ts");
}

function describe({ file, source, at, length, text }: Candidate): string {
  const line = source.slice(0, at).split("\n").length;
  const change = `"${source.slice(at, at + length)}" -> "${text.trim()}"`;
  return `${file}:${line}: ${change} in: ${source.split("\n")[line - 1]!.trim()}`;
}

function copyTree(to: string): string {
  Deno.mkdirSync(`${to}/tmp`, { recursive: true });
  const names = Array.from(Deno.readDirSync(ROOT), ({ name }) => name)
    .filter((name) => ![".git", "dist", "node_modules"].includes(name));
  new Deno.Command("cp", { args: ["-R", ...names, to], cwd: ROOT }).outputSync();
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

async function main(args: readonly string[]): Promise<void> {
  const given = parseArgs(args, { boolean: ["help"], string: ["every", "_"] });
  const every = Number(given.every ?? 1);
  if (given.help || !(every >= 1)) return print(Deno.stdout, HELP);
  const paths = given._.length === 0 ? ["lib/log", "lib/health"] : given._;
  const candidates = filesIn(paths).flatMap(candidatesIn).filter((_, i) => i % every === 0);
  const top = filesIn(["tests"]).filter((path) => /^tests\/\w+_test\.ts$/.test(path));
  const tests = [...filesIn(paths.map(testOf)), ...top];
  const root = await Deno.makeTempDir({ prefix: "jamf-pulse-mutants-" });
  try {
    const copies = Array.from({ length: PROCESSES }, (_, i) => copyTree(`${root}/${i}`));
    await mutate(candidates, copies, await measure(copies, tests));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

if (import.meta.main) await main(Deno.args);

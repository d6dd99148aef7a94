// Measures whole processes on generated logs, and compares them with a shell pipeline that does the same work, or with
// another process. Times are of the processor, user and system, which other load changes little; the ratios matter, not the
// times. Measures compiled programs if a runtime for `deno compile` can be fetched, else `deno run`.

import { bundle, compile } from "../release/compile.ts";
import { BuildError, PROJECT } from "../release/tool.ts";
import { permissionFlags } from "../lib/permissions.ts";
import { lastCheckinText } from "../lib/telemetry/documents.ts";
import { writeLog } from "./bench_logs.ts";

/** Programs are copied again after so many rounds: see `copyAgain`. */
const ROUNDS_PER_COPY = 3;
const MARKERS =
  "Executing Policy|No patch policies were found|No policies were found|Submitting log to";

/** A command line, and its name in the table. */
interface Subject {
  readonly name: string;
  readonly args: readonly string[];
}

/** A command, and the one it is compared with. */
interface Work {
  readonly name: string;
  readonly program: Subject;
  readonly baseline: Subject;
  readonly rounds: number;
}

/** The median of a command's processor times in milliseconds, and its peak memory in KiB. */
interface Figures {
  readonly time: number;
  readonly memory: number;
}

/** What starts programs: compiled ones, or `deno run`. */
interface Starter {
  readonly how: string;
  readonly program: readonly string[];
  readonly hello: readonly string[];
  /** The executables; empty with `deno run`. */
  readonly files: readonly string[];
}

function bench(): void {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-pulse-bench-" }));
  try {
    const now = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
    printLine("Writing logs of 7 MB and 360 MB");
    writeLog(makeMac(`${root}/healthy-7`), 7e6, now, "healthy", 900);
    writeLog(makeMac(`${root}/healthy-360`), 360e6, now, "healthy", 40);
    writeLog(makeMac(`${root}/silent-360`), 360e6, now, "silent", 40);
    writeLog(makeMac(`${root}/watched-360`), 360e6, now, "silent", 40);
    const previous = `${root}/watched-360/telemetry/last_checkin`;
    Deno.writeTextFileSync(previous, lastCheckinText(now - 3600), { mode: 0o600 });
    const starter = starterIn(root);
    printLine(`Measuring ${starter.how}\n`);
    printLine("| work | processor time | compared with | time | ratio | peak memory |");
    printLine("|---|--:|---|--:|--:|--:|");
    for (const work of works(root, starter)) printLine(rowOf(work, starter.files));
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function works(root: string, { program, hello }: Starter): Work[] {
  const log = (mac: string): string => `${root}/${mac}/log/jamf.log`;
  const shell = (name: string, line: string): Subject => ({
    name,
    args: ["/bin/bash", "-c", line],
  });
  const own = (mac: string, ...args: string[]): Subject => ({
    name: `${args[0]}, ${mac}`,
    args: [...program, ...args, ...foldersOf(`${root}/${mac}`, args[0]!)],
  });
  const helloWorld: Subject = { name: "hello-world", args: hello };
  const script = shell("a shell script", shellScript(`${root}/healthy-7`));
  const anyMarker = shell("grep -c", `grep -aEc '${MARKERS}' ${log("silent-360")}`);
  const sortAll = shell(
    "sed, sort, uniq, sort",
    `sed -E 's/^.*jamf\\[[0-9]+\\]: //' ${log("healthy-360")} | sort | uniq -c | sort -nr`,
  );
  const work = (name: string, program: Subject, baseline: Subject, rounds = 45): Work => (
    { name, program, baseline, rounds }
  );
  return [
    work("`checkin`, healthy, 7 MB", own("healthy-7", "checkin"), helloWorld),
    work("`checkin`, healthy, 7 MB", own("healthy-7", "checkin"), script),
    work("`checkin`, healthy, 360 MB", own("healthy-360", "checkin"), own("healthy-7", "checkin")),
    work("`errors`, healthy, 360 MB", own("healthy-360", "errors"), helloWorld),
    work("`collect`, healthy, 360 MB", own("healthy-360", "collect"), helloWorld),
    work("`status`, healthy, 7 MB", own("healthy-7", "status"), helloWorld),
    work("`checkin`, 360 MB without a contact", own("silent-360", "checkin"), anyMarker, 7),
    work("the same, an hour after one", own("watched-360", "checkin"), helloWorld),
    work("`summary`, 360 MB", own("healthy-360", "summary"), sortAll, 3),
  ];
}

/** A shell script that does what `checkin` does, with GNU's `date` in place of macOS's. */
function shellScript(mac: string): string {
  const file = `${mac}/telemetry/last_checkin.sh`;
  return `
    ts_line=$(grep -aE '${MARKERS}' ${mac}/log/jamf.log* | tail -1)
    ts=$(awk '{print $2" "$3" "$4}' <<<"$ts_line")
    epoch=$(date -d "$ts" +%s)
    iso=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
    printf '{"last_successful_checkin":"%s"}\\n' "$iso" > ${file}
    chown "$(id -u)" ${file}
    chmod 600 ${file}
    echo "<result>$iso</result>"`;
}

function rowOf({ name, program, baseline, rounds }: Work, files: readonly string[]): string {
  const [own, other] = measure([program, baseline], rounds, files);
  const ms = (time: number): string => `${time.toFixed(0)} ms`;
  const factor = own!.time / other!.time;
  const ratio = factor.toFixed(factor < 5 ? 2 : 0);
  const memory = `${(own!.memory / 1024).toFixed(0)} MiB`;
  const cells = [name, ms(own!.time), baseline.name, ms(other!.time), ratio, memory];
  return `| ${cells.join(" | ")} |`;
}

/** Runs the commands in turn, so that other load on the machine affects them equally. */
function measure(
  subjects: readonly Subject[],
  rounds: number,
  files: readonly string[],
): Figures[] {
  const times = subjects.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_PER_COPY === 0) files.forEach(copyAgain);
    subjects.forEach(({ args }, i) => times[i]!.push(timeOf(args)));
  }
  return subjects.map(({ args }, i) => ({ time: median(times[i]!), memory: memoryOf(args) }));
}

/** The shell tells the time of a command and its children in milliseconds. */
function timeOf(args: readonly string[]): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>&1';
  const [user, system] = errorsOf(["/bin/bash", "-c", script, "bash", ...args]).split(" ");
  return 1000 * (Number(user) + Number(system));
}

/** GNU time tells the peak memory. */
function memoryOf(args: readonly string[]): number {
  return Number(errorsOf(["/usr/bin/time", "-f", "%M", ...args]).split("\n").at(-1));
}

/** Runs a command, and returns what it says on standard error. */
function errorsOf([command, ...args]: readonly string[]): string {
  const { code, stderr } = new Deno.Command(command!, {
    args,
    env: { LC_ALL: "C.UTF-8", NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).outputSync();
  const text = new TextDecoder().decode(stderr).trimEnd();
  // `grep -c` ends with 1 when it counts none.
  if (code > 1) throw new Error(`Cannot measure ${args.join(" ")}: it ended with ${code}: ${text}`);
  return text;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Makes the folders of a Mac, and returns the path of its log. */
function makeMac(mac: string): string {
  Deno.mkdirSync(`${mac}/log`, { recursive: true });
  Deno.mkdirSync(`${mac}/telemetry`, { mode: 0o700 });
  return `${mac}/log/jamf.log`;
}

/** Compiles the program and a hello-world, if the runtime can be fetched. */
function starterIn(root: string): Starter {
  const permissions = permissionFlags(root, root);
  const [program, hello] = [`${root}/jamf-pulse`, `${root}/hello`];
  Deno.writeTextFileSync(`${hello}.ts`, 'console.log("hello");\n');
  try {
    bundle("main.ts", `${program}.js`);
    compile(`${program}.js`, program, { permissions });
    compile(`${hello}.ts`, hello, { permissions: ["--no-prompt"] });
    const files = [program, hello];
    return { how: "compiled programs", program: [program], hello: [hello], files };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    printLine(error.message);
    const run = [Deno.execPath(), "run", "--quiet", "--no-check"];
    const main = [...run, ...permissions, `${PROJECT}main.ts`];
    return { how: "`deno run`", program: main, hello: [...run, `${hello}.ts`], files: [] };
  }
}

/** Copies a program, as an installer does. A start takes up to 2 ms more or less from one copy to another, by the page cache. */
function copyAgain(path: string): void {
  Deno.renameSync(path, `${path}.compiled`);
  Deno.copyFileSync(`${path}.compiled`, path);
  Deno.removeSync(`${path}.compiled`);
}

function foldersOf(mac: string, mode: string): string[] {
  const outDir = mode === "summary" ? [] : ["--out-dir", `${mac}/telemetry`];
  return ["--log-dir", `${mac}/log`, ...outDir];
}

function printLine(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) bench();

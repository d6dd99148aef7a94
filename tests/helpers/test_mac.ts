// A Mac for tests: a log folder and a telemetry folder of its own, removed at the end, and this program
// run on them, in the process or as one.

import { parseCommand } from "../../lib/cli.ts";
import type { Outcome, System } from "../../lib/system.ts";
import { permissionFlags } from "../../lib/permissions.ts";
import { run } from "../../lib/run.ts";

/** What a process did. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a process is started. */
export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Run as this user instead; needs root. The folders must be theirs: {@linkcode TestMac.giveTo}. */
  readonly uid?: number;
  /** JavaScript that runs before the program, in the same process. */
  readonly preload?: string;
  /** A shell command that runs the program, `"$@"`: for what only a shell can do with its streams. */
  readonly shell?: string;
}

/** The keys of `agent_errors` that say nothing about the log. */
export const KEYS_OF_EVERY_FILE = [
  "schema_version",
  "checked_at",
  "program_version",
  "status_seconds",
  "unscheduled_seconds",
];

/** Where Deno and the program are. */
interface Installation {
  readonly deno: string;
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  /** The working folder; this process's own if absent. */
  readonly cwd?: string;
}

const HERE: Installation = {
  deno: Deno.execPath(),
  project: new URL("../../", import.meta.url).pathname,
  env: {},
};

/** Folders that are removed when the test ends. */
export class TestMac implements Disposable {
  readonly root: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "jamf-pulse-" }));
  readonly logDir: string = `${this.root}/log`;
  /** Made by the program when it first writes. */
  readonly outDir: string = `${this.root}/opt/telemetry/jamf`;

  constructor() {
    Deno.mkdirSync(this.logDir);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }

  /** Writes a log, last modified at `modified`, in Unix seconds, if that is given. */
  log(name: string, content: string | Uint8Array, modified?: number): void {
    const path = `${this.logDir}/${name}`;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(path, bytes);
    if (modified !== undefined) Deno.utimeSync(path, modified, modified);
  }

  /** Writes a telemetry file, as an earlier run would have. */
  writePrevious(name: string, text: string): void {
    Deno.mkdirSync(this.outDir, { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(`${this.outDir}/${name}`, text, { mode: 0o600 });
  }

  /** The text of a telemetry file; `undefined` if there is none. */
  telemetry(name: string): string | undefined {
    try {
      return Deno.readTextFileSync(`${this.outDir}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Runs a command in this process, at `now`, in Unix seconds. */
  run(args: readonly string[], now: number, system: Partial<System> = {}): Outcome {
    return run(parseCommand(this.#withFolders(args)), {
      now,
      released: 0,
      timeZone: "UTC",
      color: false,
      readInput: () => 0,
      progress: () => {},
      ...system,
    });
  }

  /** Makes a user the owner of everything here; needs root. */
  giveTo(uid: number): void {
    for (const path of [this.root, this.logDir]) Deno.chownSync(path, uid, uid);
    for (const { name } of Deno.readDirSync(this.logDir)) {
      Deno.chownSync(`${this.logDir}/${name}`, uid, uid);
    }
  }

  /** Runs the real program, with exactly the permissions that it is compiled with, on these folders. */
  async spawn(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
    return await endOf(this.start(args, options), options.stdin);
  }

  /** Starts the real program, as {@linkcode spawn} does. */
  start(args: readonly string[], options: SpawnOptions = {}): Deno.ChildProcess {
    const { uid, env, stdin, shell } = options;
    const { deno, project, env: needed, cwd } = uid === undefined ? HERE : copyForAllUsers();
    const program = [deno, "run", ...this.#denoArgs(args, project, options.preload)];
    const [command, ...rest] = shell === undefined
      ? program
      : ["sh", "-c", shell, "sh", ...program];
    return new Deno.Command(command!, {
      args: rest,
      env: { NO_COLOR: "1", ...needed, ...env },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(cwd !== undefined && { cwd }),
      ...(uid !== undefined && { uid, gid: uid }),
    }).spawn();
  }

  /** The arguments of `deno run` for the real program on these folders. */
  #denoArgs(args: readonly string[], project: string, preload?: string): string[] {
    const flags = ["--quiet", "--no-check", "--cached-only"];
    if (preload !== undefined) {
      const path = `${this.root}/preload.js`;
      Deno.writeTextFileSync(path, preload);
      flags.push("--preload", path);
    }
    flags.push(...permissionFlags(this.logDir, this.outDir));
    return [...flags, `${project}main.ts`, ...this.#withFolders(args)];
  }

  /** Adds the folders, unless a test names its own. */
  #withFolders(args: readonly string[]): string[] {
    if (args.some((arg) => /^--(log|out)-dir/.test(arg))) return [...args];
    const outDir = args.includes("summary") ? [] : ["--out-dir", this.outDir];
    return [...args, "--log-dir", this.logDir, ...outDir];
  }
}

/**
 * Waits for the end of a process.
 *
 * @param stdin What it is given to read; nothing if absent.
 */
export async function endOf(process: Deno.ChildProcess, stdin?: string): Promise<Ended> {
  if (stdin !== undefined) {
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The Unix seconds of an ISO 8601 text. */
export function at(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** What is in a folder, sorted; nothing if it does not exist. */
export function namesIn(dir: string): string[] {
  try {
    return Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Bytes as gzip. */
export async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as BlobPart]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

let copy: Installation | undefined;

/**
 * A copy of Deno, its cache and this program in a folder that every user can reach: root's home, the clone and the
 * working folder, which a process inherits, may be closed to others.
 */
function copyForAllUsers(): Installation {
  if (copy !== undefined) return copy;
  const root = Deno.makeTempDirSync({ prefix: "jamf-pulse-for-all-users-" });
  addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));
  const info = new Deno.Command(HERE.deno, { args: ["info", "--json"] }).outputSync();
  const { npmCache } = JSON.parse(new TextDecoder().decode(info.stdout));
  const files = ["main.ts", "lib", "std", "deno.json", "deno.lock", "heal"];
  const script = 'cd "$1" && cp -R "$2" deno && mkdir cache && cp -R "$3" cache/npm && ' +
    'shift 3 && cp -R "$@" . && chmod -R a+rX .';
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-c", script, "sh", root, HERE.deno, npmCache, ...files.map((f) => HERE.project + f)],
  }).outputSync();
  if (!success) {
    const reason = new TextDecoder().decode(stderr).trimEnd();
    throw new Error(`Cannot copy Deno and the program to "${root}": ${reason}`);
  }
  copy = {
    deno: `${root}/deno`,
    project: `${root}/`,
    env: { DENO_DIR: `${root}/cache` },
    cwd: root,
  };
  return copy;
}

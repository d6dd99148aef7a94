/**
 * A make-believe Mac for tests: a log folder and a telemetry folder of its own, removed at the end, and this program
 * run on them, in the process or as one.
 *
 * @module
 */

import { type Command, parseCommand } from "../lib/cli.ts";
import type { Host, Outcome } from "../lib/host.ts";
import { permissionFlags } from "../lib/permissions.ts";
import { run } from "../lib/run.ts";

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
  /** Run as this user instead; needs root. */
  readonly uid?: number;
}

const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** Folders that are removed when the test ends. */
export class Mac implements Disposable {
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

  /** Writes a log, last modified at `modified`, in seconds since 1970, if that is given. */
  log(name: string, content: string | Uint8Array, modified?: number): void {
    const path = `${this.logDir}/${name}`;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(path, bytes);
    if (modified !== undefined) Deno.utimeSync(path, modified, modified);
  }

  /** Puts a telemetry file in place. */
  standing(name: string, text: string): void {
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

  /** Runs a command in this process, at `now`, in seconds since 1970. */
  run(args: readonly string[], now: number, host: Partial<Host> = {}): Outcome {
    return run(this.#command(args), {
      now,
      zone: "UTC",
      color: false,
      readInput: () => 0,
      progress: () => {},
      ...host,
    });
  }

  /** Runs the real program, with exactly the permissions that it is compiled with, on these folders. */
  async spawn(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
    const command = new Deno.Command(Deno.execPath(), {
      args: this.programArgs(args),
      env: { NO_COLOR: "1", ...options.env },
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    });
    const process = command.spawn();
    if (options.stdin !== undefined) {
      const writer = process.stdin.getWriter();
      await writer.write(new TextEncoder().encode(options.stdin));
      await writer.close();
    }
    const { code, stdout, stderr } = await process.output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  /** The arguments of `deno` for the real program on these folders. */
  programArgs(args: readonly string[]): string[] {
    const flags = [
      "--quiet",
      "--no-check",
      "--cached-only",
      ...permissionFlags(this.logDir, this.outDir),
    ];
    return ["run", ...flags, MAIN, ...this.#withFolders(args)];
  }

  #command(args: readonly string[]): Command {
    return parseCommand(this.#withFolders(args));
  }

  /** Adds the folders, unless a test names its own. */
  #withFolders(args: readonly string[]): string[] {
    if (args.some((arg) => /^--(log|out)-dir/.test(arg))) return [...args];
    const outDir = args[0] === "summary" ? [] : ["--out-dir", this.outDir];
    return [...args, "--log-dir", this.logDir, ...outDir];
  }
}

/**
 * Seconds since 1970 of an ISO 8601 text.
 */
export function at(iso: string): number {
  return Date.parse(iso) / 1000;
}

/** Bytes as gzip. */
export async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as BlobPart]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

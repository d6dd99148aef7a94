// The real program as a process, with exactly the permissions that `launch.ts` gives it.

import { type Ended, endOf } from "../../../tests/helpers/test_mac.ts";
import { spawn } from "./child.ts";
import { parseCommand } from "../../lib/cli.ts";
import { readSettings } from "../../lib/config/read_settings.ts";
import { needsOf, permissionFlags } from "../../lib/launch/permissions.ts";
import { realPath } from "../../lib/launch/child_environment.ts";
import { readSecretFile } from "../../lib/config/secret_file.ts";

/** Its environment, without what Deno needs. */
export type Variables = Readonly<Record<string, string>>;

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const LAUNCH = new URL("../../launch.ts", import.meta.url).pathname;
/** The path of the webhook. */
export const WEBHOOK = "/fleet/failing-policy";
/** The variables that Deno itself needs. */
export const NEEDED: Variables = Object.fromEntries(
  ["PATH", "HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }),
);

/** The flags that `launch.ts` gives for a command. */
function flagsFor(args: readonly string[], variables: Variables): string[] {
  const command = parseCommand(args);
  const environment = { get: (name: string) => variables[name], readSecret: readSecretFile };
  const settings = readSettings(needsOf(command), environment);
  return permissionFlags(command, settings, environment, realPath);
}

/** Options of a process. */
export interface StartOptions {
  readonly stdin?: string;
  /** JavaScript that runs before the program, in the same process. */
  readonly preload?: string;
  /** Start it by the launcher, which computes the permissions. */
  readonly launched?: boolean;
}

/** Starts the program. */
export function start(
  args: readonly string[],
  variables: Variables,
  options: StartOptions = {},
): Deno.ChildProcess {
  const { stdin, preload, launched = false } = options;
  const run = ["run", "--quiet", "--no-check", "--cached-only"];
  const entry = launched
    ? ["--allow-read", "--allow-env", "--allow-run", LAUNCH]
    : [...flagsFor(args, variables), ...(preload ? ["--preload", preload] : []), MAIN];
  return spawn(Deno.execPath(), {
    args: [...run, ...entry, ...args],
    clearEnv: true,
    env: { ...NEEDED, NO_COLOR: "1", ...variables },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the program to its end. */
export async function runProgram(
  args: readonly string[],
  variables: Variables,
  options: StartOptions = {},
): Promise<Ended> {
  return await endOf(start(args, variables, options), options.stdin);
}

/** A running service, and its output. */
export class Service implements AsyncDisposable {
  stderr = "";
  hasEnded = false;
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #listening = Promise.withResolvers<void>();

  constructor(
    readonly port: number,
    args: readonly string[],
    variables: Variables,
    options: StartOptions = {},
  ) {
    const all = ["serve", "--listen", `127.0.0.1:${port}`, ...args];
    this.#process = start(all, variables, options);
    // A test may not await it.
    this.listening.catch(() => {});
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Where it answers a path. */
  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Calls the webhook as Fleet does, and returns the status of the answer. */
  async callWebhook(secret: string): Promise<number> {
    const response = await fetch(this.url(WEBHOOK), {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`fleet:${secret}`)}` },
      body: JSON.stringify({ policy: { id: 1 }, hosts: [{ id: 1 }] }),
    });
    await response.body?.cancel();
    return response.status;
  }

  /** The number of its log's lines with an event. */
  count(event: string): number {
    return this.stderr.split(`"event":"${event}"`).length - 1;
  }

  /** Resolves when it listens; rejects with its output if it ends before. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  async #read(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.stderr += text;
      if (this.count("listening") > 0) this.#listening.resolve();
    }
    this.hasEnded = true;
    this.#listening.reject(new Error(`The service ended: ${this.stderr}`));
  }

  /** Ends it with a signal, and waits until it is gone. */
  async end(signal: Deno.Signal): Promise<Ended> {
    try {
      // A launcher that is killed leaves its program.
      if (signal === "SIGKILL") Deno.kill(-this.pid, signal);
      else this.#process.kill(signal);
    } catch {
      // It has already ended.
    }
    const { code } = await this.#process.status;
    await this.#reading;
    const stdout = await new Response(this.#process.stdout).text();
    return { code, stdout, stderr: this.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.stdout.locked) return;
    await this.end("SIGKILL").catch(() => {});
  }
}

/** A port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

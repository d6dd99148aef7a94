// A PostgreSQL server for a test: Debian's, in a temporary folder, on loopback.

import { spawn } from "../helpers/child.ts";
import { freePort } from "../helpers/program.ts";

const ROOT = "/usr/lib/postgresql";

/** The folder of the newest PostgreSQL's programs; `undefined` if there is none. */
function programs(): string | undefined {
  try {
    const versions = Array.from(Deno.readDirSync(ROOT), ({ name }) => name);
    return versions.sort((one, other) => Number(other) - Number(one))
      .map((version) => `${ROOT}/${version}/bin`)
      .find((bin) => Deno.statSync(`${bin}/initdb`).isFile);
  } catch {
    return undefined;
  }
}

/** Why no PostgreSQL can be started here, for {@linkcode skip}; `undefined` if it can. */
export const whyNoPostgres: string | undefined = programs() === undefined
  ? "It needs PostgreSQL: apt-get install postgresql"
  : undefined;

/** A database server that is stopped and removed when it is disposed of. */
export class Postgres implements AsyncDisposable {
  /**
   * @param bin The folder of PostgreSQL's programs.
   * @param dir The folder of its data.
   * @param url The value of HEAL_STORE, with user and password.
   */
  private constructor(readonly bin: string, readonly dir: string, readonly url: string) {}

  /** Starts one, empty. */
  static async start(): Promise<Postgres> {
    const bin = programs();
    if (bin === undefined) throw new Error(`Cannot start PostgreSQL: none in "${ROOT}"`);
    const dir = await Deno.makeTempDir({ prefix: "jamf-heal-postgres-" });
    const password = crypto.randomUUID();
    await Deno.writeTextFile(`${dir}/password`, password);
    if (Deno.uid() === 0) await run("chown", ["-R", "nobody", dir]);
    const port = freePort();
    const url = `postgres://heal:${password}@127.0.0.1:${port}/postgres`;
    const postgres = new Postgres(bin, dir, url);
    const data = `--pgdata=${dir}/data`;
    const user = ["--username=heal", `--pwfile=${dir}/password`, "--auth=scram-sha-256"];
    await postgres.#run("initdb", [data, ...user, "--encoding=UTF8", "--no-locale", "--no-sync"]);
    await postgres.begin(port);
    return postgres;
  }

  /** Starts it again after {@linkcode halt}. */
  async begin(port: number = Number(new URL(this.url).port)): Promise<void> {
    const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories= ` +
      "-c max_connections=200";
    const files = [`--pgdata=${this.dir}/data`, `--log=${this.dir}/log`];
    await this.#run("pg_ctl", [...files, `--options=${options}`, "--wait", "start"]);
  }

  /** Stops it at once, as in a crash. */
  async halt(): Promise<void> {
    await this.#run("pg_ctl", ["--pgdata", `${this.dir}/data`, "--mode", "immediate", "stop"]);
  }

  /** Stops all of its processes, as a machine that hangs: it answers nothing, and takes connections. */
  async freeze(): Promise<void> {
    await this.#signal("STOP");
  }

  async thaw(): Promise<void> {
    await this.#signal("CONT");
  }

  async #signal(signal: "STOP" | "CONT"): Promise<void> {
    const [pid] = (await Deno.readTextFile(`${this.dir}/data/postmaster.pid`)).split("\n");
    // A child may end between the list and the signal.
    const children = `ps -A -o pid= -o ppid= | awk '$2 == ${pid} { print $1 }'`;
    const kill = `for child in $(${children}); do kill -${signal} $child || true; done`;
    await run("sh", ["-c", `kill -${signal} ${pid} && ${kill}`]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.halt().catch(() => {});
    await Deno.remove(this.dir, { recursive: true });
  }

  /** Runs one of PostgreSQL's programs, which refuse to run as root. */
  #run(program: string, args: readonly string[]): Promise<void> {
    const path = `${this.bin}/${program}`;
    if (Deno.uid() !== 0) return run(path, args);
    return run("setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", path, ...args]);
  }
}

async function run(command: string, args: readonly string[]): Promise<void> {
  // Not "piped": the server inherits the pipe, which would never end.
  const log = await Deno.makeTempFile();
  try {
    const { success } = await spawn("sh", {
      args: ["-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", log, command, ...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).status;
    if (!success) throw new Error(`Cannot run "${command}": ${await Deno.readTextFile(log)}`);
  } finally {
    await Deno.remove(log);
  }
}

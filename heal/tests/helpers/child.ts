// Child processes, each with an end.

/** In milliseconds: far more than any needs. One that hangs must not keep the tests. */
const LIMIT = 300_000;

/** Starts a process in a group of its own, which is killed after the limit. */
export function spawn(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  const child = new Deno.Command(command, { ...options, detached: true }).spawn();
  const timer = setTimeout(() => Deno.kill(-child.pid, "SIGKILL"), LIMIT);
  child.status.finally(() => clearTimeout(timer));
  return child;
}

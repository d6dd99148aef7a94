/**
 * A fake as a process of its own, so that it does not share a processor with the program under test:
 *
 * ```sh
 * deno run -A heal/tests/fakes/serve.ts jamf --count 1000 --checks-in-after 50
 * ```
 *
 * It prints its URL, and serves until it is killed. {@linkcode startProcess} does the same from a test.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { FakeFleet } from "./fleet.ts";
import { serialOf } from "./jamf_computer.ts";
import { FakeJamf } from "./jamf_pro.ts";
import type { Misbehaviour } from "./misbehaviour.ts";
import { CONTROL, type Fake } from "./fake.ts";

/** The fake, and the number of its computers or hosts. Their serial numbers are those of {@linkcode serialOf}, from 1. */
export interface ProcessOptions {
  readonly which: "jamf" | "fleet";
  readonly count: number;
  /** Milliseconds from a redeploy to the next check-in; if absent, computers do not check in. */
  readonly checksInAfter?: number;
}

/** A fake in another process. */
export interface FakeProcess extends AsyncDisposable {
  readonly url: string;
  /** Its requests, and for Jamf Pro the redeploys. */
  record(): Promise<ProcessRecord>;
  /** As {@linkcode Fake.misbehave} does. */
  misbehave(match: RegExp, how: Misbehaviour, times?: number): Promise<void>;
}

/** What a process did. */
export interface ProcessRecord {
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly at: number;
  }[];
  readonly redeploys?: readonly { readonly computerId: string; readonly at: number }[];
}

const RUN = ["run", "--quiet", "--no-check", "--no-prompt", "--allow-net=127.0.0.1"];

/** Starts one in a process of its own. */
export async function startProcess(options: ProcessOptions): Promise<FakeProcess> {
  const { which, count, checksInAfter } = options;
  const checksIn = checksInAfter === undefined ? [] : ["--checks-in-after", `${checksInAfter}`];
  const process = new Deno.Command(Deno.execPath(), {
    args: [...RUN, import.meta.filename!, which, "--count", `${count}`, ...checksIn],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = (await lines.read()).value?.trim();
  if (url === undefined) throw new Error(`Cannot start the fake of "${which}"`);
  return {
    url,
    record: async () => await (await fetch(url + CONTROL)).json(),
    misbehave: async (match, how, times = 1) => {
      // Infinity becomes null in JSON, and the fake reads null as Infinity.
      const body = JSON.stringify({ match: match.source, how, times });
      await (await fetch(url + CONTROL, { method: "POST", body })).body?.cancel();
    },
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGKILL");
      await process.status;
      await lines.cancel();
    },
  };
}

async function start({ which, count, checksInAfter }: ProcessOptions): Promise<Fake> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  if (which === "fleet") {
    const fleet = await FakeFleet.start();
    for (const id of numbers) fleet.addHost({ id, hardwareSerial: serialOf(id) });
    return fleet;
  }
  const jamf = await FakeJamf.start();
  for (const id of numbers) jamf.addComputer({ id: `${id}`, checksInAfter });
  return jamf;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { boolean: [], string: ["count", "checks-in-after"] });
  const which = flags._[0] === "fleet" ? "fleet" : "jamf";
  const checksInAfter = flags["checks-in-after"];
  const count = Number(flags.count ?? "0");
  const fake = await start({
    which,
    count,
    ...(checksInAfter !== undefined && { checksInAfter: Number(checksInAfter) }),
  });
  Deno.stdout.writeSync(new TextEncoder().encode(`${fake.url}\n`));
}

/**
 * A stand-in as a process of its own, so that it does not share a processor with what is measured against it:
 *
 * ```sh
 * deno run -A heal/tests/fakes/serve.ts jamf --count 1000 --heals-after 50
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

/** Which, and how many computers or hosts it has; their serial numbers are those of {@linkcode serialOf}, from 1 on. */
export interface ProcessOptions {
  readonly which: "jamf" | "fleet";
  readonly count: number;
  /** Milliseconds from a redeploy to the next check-in; computers stay silent if it is left out. */
  readonly healsAfter?: number;
}

/** A stand-in in another process. */
export interface FakeProcess extends AsyncDisposable {
  readonly url: string;
  /** What it was asked, and for Jamf Pro the redeploys, as JSON. */
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
  const { which, count, healsAfter } = options;
  const heals = healsAfter === undefined ? [] : ["--heals-after", `${healsAfter}`];
  const process = new Deno.Command(Deno.execPath(), {
    args: [...RUN, import.meta.filename!, which, "--count", `${count}`, ...heals],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const url = (await lines.read()).value?.trim();
  if (url === undefined) throw new Error(`Cannot start the stand-in for "${which}"`);
  return {
    url,
    record: async () => await (await fetch(url + CONTROL)).json(),
    misbehave: async (match, how, times = 1) => {
      // Infinity becomes null in JSON, and is read as that again.
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

function start({ which, count, healsAfter }: ProcessOptions, port: number): Fake {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  if (which === "fleet") {
    const fleet = FakeFleet.start({ port });
    for (const id of numbers) fleet.addHost({ id, hardwareSerial: serialOf(id) });
    return fleet;
  }
  const jamf = FakeJamf.start({ port });
  for (const id of numbers) jamf.addComputer({ id: `${id}`, healsAfter });
  return jamf;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { boolean: [], string: ["port", "count", "heals-after"] });
  const which = flags._[0] === "fleet" ? "fleet" : "jamf";
  const healsAfter = flags["heals-after"];
  const count = Number(flags.count ?? "0");
  const standIn = start({
    which,
    count,
    ...(healsAfter !== undefined && { healsAfter: Number(healsAfter) }),
  }, Number(flags.port ?? "0"));
  Deno.stdout.writeSync(new TextEncoder().encode(`${standIn.url}\n`));
}

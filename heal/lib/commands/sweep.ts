// The mode `sweep`: one sweep.

import type { SweepCommand } from "../cli.ts";
import { describeStore } from "../config/read_settings.ts";
import { ServerError } from "../http/client.ts";
import type { Outcome, System } from "../system.ts";
import { sweepText } from "../view/outcomes.ts";
import { abortAfterGrace, type SweepSettings, withSweeper } from "./sweeper.ts";

/** Sweeps once, and prints what was decided. */
export async function sweep(
  command: SweepCommand,
  settings: SweepSettings,
  system: System,
): Promise<Outcome> {
  const store = `Counts redeploys in "${describeStore(settings.store)}"`;
  return await withSweeper(command, settings, system, async (sweeper) => {
    const abort = abortAfterGrace(system);
    try {
      const report = await sweeper.sweep(system.stop, abort.signal);
      if (report === undefined) {
        return {
          code: 0,
          stdout: "Another sweep is running: nothing is done\n",
          messages: [store],
        };
      }
      const { problems } = report;
      const isWell = problems.length === 0 && report.tooMany === undefined &&
        !system.stop.aborted && report.macs.every(({ state }) => state !== "needs_person");
      return { code: isWell ? 0 : 1, stdout: sweepText(report), messages: [store, ...problems] };
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      return { code: 1, stdout: "", messages: [store, error.message] };
    } finally {
      abort.cancel();
    }
  });
}

// The modes `status` and `retry`: what is in the store.

import type { RetryCommand, StatusCommand } from "../cli.ts";
import { ConfigError, type Settings } from "../config/read_settings.ts";
import { decideAgain } from "../healing/recorder.ts";
import { MAC_STATES, OPEN_STATES } from "../store/macs.ts";
import { type Store, withStore } from "../store/open.ts";
import type { Outcome, System } from "../system.ts";
import { type ShownMacs, statusJson, statusText } from "../view/status.ts";
import { readSerials } from "./redeploy.ts";

/** Without `--all`: more than a person reads at once. */
const MAX_ROWS = 100;

/** Prints the Macs that need a person, those that wait, and what was done; or the same about one Mac. */
export async function status(
  { json, all, serial }: StatusCommand,
  { store }: Pick<Settings, "store">,
  system: System,
): Promise<Outcome> {
  return await withExisting(store, system, async (store) => {
    const { macs, redeploys, values } = store;
    const shown = {
      ...(serial === undefined ? await allMacs(store, all) : {
        macs: await macs.withSerial(serial),
        redeploys: await redeploys.of(serial),
      }),
      lastSweep: Number(await values.get("last_sweep")) || 0,
      problem: await values.get("problem"),
    };
    if (serial !== undefined && shown.macs.length + shown.redeploys.length === 0) {
      const message = `The store has nothing about serial number "${serial}"`;
      return { code: 1, stdout: "", messages: [message] };
    }
    return { code: 0, stdout: json ? statusJson(shown) : statusText(shown), messages: [] };
  });
}

async function allMacs({ macs, redeploys }: Store, all: boolean): Promise<ShownMacs> {
  const limit = all ? Number.MAX_SAFE_INTEGER : MAX_ROWS;
  const lists = [];
  for (const state of all ? MAC_STATES : OPEN_STATES) {
    lists.push(...await macs.inState(state, limit));
  }
  return { counts: await macs.counts(), macs: lists, redeploys: await redeploys.list(limit) };
}

/** Has the next sweep decide again about Macs that need a person. */
export async function retry(
  command: RetryCommand,
  { store }: Pick<Settings, "store">,
  system: System,
): Promise<Outcome> {
  const named = await readSerials(command, system);
  return await withExisting(store, system, async ({ macs, lockSweep }) => {
    const lock = await lockSweep();
    if (lock === undefined) {
      return { code: 1, stdout: "", messages: ["A sweep is running: try again when it has ended"] };
    }
    try {
      const serials = new Set(named.map((serial) => serial.toUpperCase()));
      const all = await macs.inState("needs_person", Number.MAX_SAFE_INTEGER);
      const found = all.filter(({ serial }) => serials.has(serial.toUpperCase()));
      await decideAgain(macs, found, Math.floor(system.now() / 1000));
      const known = new Set(found.map(({ serial }) => serial.toUpperCase()));
      const messages = [...serials.difference(known)]
        .map((serial) => `No Mac with serial number "${serial}" needs a person`);
      const stdout = found.map(({ serial }) => `${serial}: the next sweep decides about it again\n`)
        .join("");
      return { code: messages.length === 0 ? 0 : 1, stdout, messages };
    } finally {
      await lock.release();
    }
  });
}

/** Opens a store that is there. */
async function withExisting(
  store: Settings["store"],
  { fileExists }: Pick<System, "fileExists">,
  work: (store: Store) => Promise<Outcome>,
): Promise<Outcome> {
  if (store.kind === "sqlite" && !fileExists(store.path)) {
    throw new ConfigError(
      `Cannot open the store "${store.path}": there is no such file; a sweep creates it`,
    );
  }
  return await withStore(store, work);
}

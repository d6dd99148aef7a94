// The modes `status` and `retry`: what is in the store.

import { UsageError } from "../../../lib/shared/option_parser.ts";
import type { RetryCommand, StatusCommand } from "../cli.ts";
import { ConfigError, type Settings } from "../config/read_settings.ts";
import { decideAgain } from "../healing/recorder.ts";
import { type Driver, Values } from "../store/driver.ts";
import { MAC_STATES, Macs, OPEN_STATES } from "../store/macs.ts";
import { withStore } from "../store/open.ts";
import { Redeploys } from "../store/redeploys.ts";
import type { Outcome, System } from "../system.ts";
import { type ShownMacs, statusJson, statusText } from "../view/status.ts";
import { readTargets } from "./redeploy.ts";

/** Without `--all`: more than a person reads at once. */
const MAX_ROWS = 100;

/** Prints the Macs that need a person, those that wait, and what was done; or the same about one Mac. */
export async function status(
  { json, all, serial }: StatusCommand,
  { store }: Pick<Settings, "store">,
  system: System,
): Promise<Outcome> {
  return await withExisting(store, system, async (driver) => {
    const values = new Values(driver);
    const shown = {
      ...(serial === undefined ? await allMacs(driver, all) : {
        macs: await new Macs(driver).withSerial(serial),
        redeploys: await new Redeploys(driver).of(serial),
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

async function allMacs(driver: Driver, all: boolean): Promise<ShownMacs> {
  const macs = new Macs(driver);
  const limit = all ? Number.MAX_SAFE_INTEGER : MAX_ROWS;
  const lists = [];
  for (const state of all ? MAC_STATES : OPEN_STATES) {
    lists.push(...await macs.inState(state, limit));
  }
  const redeploys = await new Redeploys(driver).list(limit);
  return { counts: await macs.counts(), macs: lists, redeploys };
}

/** Has the next sweep decide again about Macs that need a person. */
export async function retry(
  command: RetryCommand,
  { store }: Pick<Settings, "store">,
  system: System,
): Promise<Outcome> {
  const targets = await readTargets(command, system);
  const other = targets.find(({ kind }) => kind !== "serial");
  if (other !== undefined) {
    throw new UsageError(`Cannot retry "${other.kind}:${other.value}": give serial numbers`);
  }
  return await withExisting(store, system, async (driver) => {
    const lock = await driver.lockSweep();
    if (lock === undefined) {
      return { code: 1, stdout: "", messages: ["A sweep is running: try again when it has ended"] };
    }
    try {
      const macs = new Macs(driver);
      const serials = new Set(targets.map(({ value }) => value.toUpperCase()));
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
  work: (driver: Driver) => Promise<Outcome>,
): Promise<Outcome> {
  if (store.kind === "sqlite" && !fileExists(store.path)) {
    throw new ConfigError(
      `Cannot open the store "${store.path}": there is no such file; jamf-heal sweep creates it`,
    );
  }
  return await withStore(store, work);
}

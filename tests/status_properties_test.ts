// What the program answers in random lives of a Mac, against a model of the rules, and what must hold whatever happens.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatTimestamp, parseTimestamp } from "../lib/shared/timestamp.ts";
import { anyLife, type Event, type Life, live, lookBefore, textOf } from "./helpers/mac_lives.ts";
import { type LogRecord, type Look, StatusModel } from "./helpers/status_model.ts";
import { at, TestMac } from "./helpers/test_mac.ts";
import { bySize } from "./helpers/test_size.ts";

export const START = at("2026-10-01T00:00:00Z");

/** A log as it is at a time: with its copies on a Mac, and in the model. */
class PlayedLog {
  readonly #mac: TestMac;
  #text = "";
  #written = 0;
  #exists = false;
  #copies = 0;
  #records: LogRecord[] = [];
  #unknownLines = 0;

  constructor(mac: TestMac) {
    this.#mac = mac;
  }

  get visible(): { records: readonly LogRecord[]; unknownLines: number } | undefined {
    const isVisible = this.#exists || this.#copies > 0;
    return isVisible ? { records: this.#records, unknownLines: this.#unknownLines } : undefined;
  }

  take(event: Event): void {
    switch (event.kind) {
      case "record":
      case "line":
        this.#append(event);
        break;
      case "rotate":
        if (!this.#exists) break;
        Deno.mkdirSync(this.#mac.logDir, { recursive: true });
        this.#save(`jamf.log.${this.#copies++}`);
        this.#text = "";
        this.#exists = false;
        this.#removeLive();
        break;
      case "empty":
      case "remove":
        for (let i = 0; i < this.#copies; i++) Deno.removeSync(`${this.#mac.logDir}/jamf.log.${i}`);
        this.#copies = 0;
        this.#text = "";
        this.#records = [];
        this.#unknownLines = 0;
        this.#exists = event.kind === "empty";
        this.#written = event.at;
        if (!this.#exists) this.#removeLive();
    }
  }

  /** Writes the log that grows. */
  save(): void {
    if (this.#exists) this.#save("jamf.log");
  }

  #append(event: Event): void {
    this.#text += textOf(event);
    this.#written = event.at;
    this.#exists = true;
    if (event.kind === "line" && event.isUnknown) this.#unknownLines++;
    if (event.kind !== "record") return;
    const { record, block } = event;
    this.#records.push(record);
    // For the model it is a record of its own.
    if (block !== undefined) this.#records.push({ ...record, message: block });
    this.#unknownLines = 0;
  }

  #save(name: string): void {
    this.#mac.log(name, this.#text, this.#written);
  }

  #removeLive(): void {
    try {
      Deno.removeSync(`${this.#mac.logDir}/jamf.log`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Writes what an inspection before has found. */
function plant(mac: TestMac, look: Look): void {
  const stamp = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : formatTimestamp(at);
  const file = {
    schema_version: 1,
    checked_at: stamp(look.at),
    status: look.status,
    status_since: stamp(look.since),
    status_seconds: look.seconds,
    failed_checkins: look.failed,
    unscheduled_seconds: look.unscheduled,
    last_successful_checkin: stamp(look.contact),
  };
  mac.writePrevious("agent_errors", `${JSON.stringify(file)}\n`);
}

/** What the program answers. */
function lookOf(mac: TestMac, now: number): Look {
  assertEquals(mac.run(["collect"], now), { code: 0, stdout: "", messages: [] });
  const file = JSON.parse(mac.telemetry("agent_errors")!);
  return {
    at: now,
    status: file.status,
    since: parseTimestamp(file.status_since),
    seconds: file.status_seconds,
    failed: file.failed_checkins,
    unscheduled: file.unscheduled_seconds,
    contact: parseTimestamp(file.last_successful_checkin),
    standing: file.standing,
  };
}

/** Plays a life on a Mac, and gives what each look answers. */
export function play(life: Life, onLook: (look: Look, log: PlayedLog) => void): void {
  using mac = new TestMac();
  const log = new PlayedLog(mac);
  const before = lookBefore(life, START);
  if (before !== undefined) plant(mac, before);
  for (const event of live(life, START).events) {
    if (event.kind !== "look") {
      log.take(event);
      continue;
    }
    log.save();
    onLook(lookOf(mac, event.at), log);
  }
}

Deno.test("each look of a random life answers what the rules say", () => {
  fc.assert(
    fc.property(anyLife, (life) => {
      const model = new StatusModel(lookBefore(life, START));
      play(life, (look, { visible }) => {
        assertEquals(look, model.look(look.at, visible), formatTimestamp(look.at));
      });
    }),
    { numRuns: bySize(200, 10_000), seed: 1 },
  );
});

// What the program answers in random lives of a Mac, against a model of the rules, and what must hold whatever happens.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatTimestamp, parseTimestamp } from "../lib/shared/timestamp.ts";
import { SIGNATURE_ERROR } from "../tools/log_text.ts";
import {
  anyLife,
  checkInEvents,
  type Event,
  type Life,
  live,
  lookBefore,
  textOf,
} from "./helpers/mac_lives.ts";
import { type LogRecord, type Look, StatusModel } from "./helpers/status_model.ts";
import { at, TestMac } from "./helpers/test_mac.ts";
import { bySize } from "./helpers/test_size.ts";

const START = at("2026-10-01T00:00:00Z");

/** A log as it is at a time: with its copies on a Mac, and in the model. */
class PlayedLog {
  readonly #mac: TestMac;
  #text = "";
  #written = 0;
  #exists = false;
  #copies = 0;
  /** When the newest copy was last written to. */
  #copied = 0;
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
        // Of two copies of one second nobody could tell which is older.
        if (!this.#exists || this.#written === this.#copied) break;
        this.#copied = this.#written;
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

/** Plays events on a Mac, and gives what each look answers. */
function playEvents(
  events: readonly Event[],
  before: Look | undefined,
  onLook: (look: Look, log: PlayedLog) => void,
): void {
  using mac = new TestMac();
  const log = new PlayedLog(mac);
  if (before !== undefined) plant(mac, before);
  for (const event of events) {
    if (event.kind !== "look") {
      log.take(event);
      continue;
    }
    log.save();
    onLook(lookOf(mac, event.at), log);
  }
}

function play(life: Life, onLook: (look: Look, log: PlayedLog) => void): void {
  playEvents(live(life, START).events, lookBefore(life, START), onLook);
}

/** The looks of events. */
function looksOf(events: readonly Event[], before?: Look): Look[] {
  const looks: Look[] = [];
  playEvents(events, before, (look) => looks.push(look));
  return looks;
}

/** `STATUS_RUNS=10000` takes minutes for each property. */
const runs = (small: number): number =>
  Number(Deno.env.get("STATUS_RUNS") ?? bySize(small, 5 * small));
const RUNS = { numRuns: runs(80), seed: 1 };

Deno.test("each look of a random life answers what the rules say", () => {
  fc.assert(
    fc.property(anyLife, (life) => {
      const model = new StatusModel(lookBefore(life, START));
      play(life, (look, { visible }) => {
        assertEquals(look, model.look(look.at, visible), formatTimestamp(look.at));
      });
    }),
    { ...RUNS, numRuns: runs(200) },
  );
});

/** What is written in between: the number of the event that it comes before, and what. */
const anyNoise = fc.array(
  fc.record({
    where: fc.nat(),
    what: fc.constantFrom<"unknown" | "foreign" | "rotate">("unknown", "foreign", "rotate"),
  }),
  { maxLength: 11 },
);
type Noise = typeof anyNoise extends fc.Arbitrary<infer T> ? T : never;

/** The events with others in between, at the times of those they come before. */
function withNoise(events: readonly Event[], noise: Noise): Event[] {
  const mixed = [...events];
  for (const { where, what } of noise) {
    // The last event is a look.
    const index = where % mixed.length;
    const { at } = mixed[index]!;
    const message = "A script of nobody";
    mixed.splice(
      index,
      0,
      {
        unknown: { at, kind: "record", record: { at, pid: 80_000 + where % 9, message } } as const,
        foreign: {
          at,
          kind: "line",
          text: "2026-10-01 10:15:40 x[7]: y",
          isUnknown: false,
        } as const,
        rotate: { at, kind: "rotate" } as const,
      }[what],
    );
  }
  return mixed;
}

/** A life whose log nobody empties, and which has no unknown words of its own: the noise must not add to them. */
const anyKeptLife = anyLife.map((life) => ({
  ...life,
  steps: life.steps.filter(({ part }) =>
    !["words", "lines", "empty", "remove"].includes(part.kind)
  ),
}));
const lastLook = (events: readonly Event[]): Event[] =>
  events.filter(({ kind }, i) => kind !== "look" || i === events.length - 1);

Deno.test("the status depends neither on where rotation cut nor on unknown lines between the runs", () => {
  fc.assert(
    fc.property(anyKeptLife, anyNoise, (life, noise) => {
      const events = lastLook(live(life, START).events);
      // A record would make a log where there is none.
      fc.pre(events.some(({ kind }) => kind === "record"));
      const before = lookBefore(life, START);
      assertEquals(looksOf(withNoise(events, noise), before), looksOf(events, before));
    }),
    RUNS,
  );
});

const FAILED = ["no_answer", "server_certificate", "no_connection", "agent_error"];

Deno.test("the status does not depend on the looks before, but for awake time and a fault that stands", () => {
  fc.assert(
    fc.property(anyKeptLife, (life) => {
      const { events } = live({ ...life, before: undefined }, START);
      const [alone] = looksOf(lastLook(events));
      const looks = looksOf(events);
      const [last, before] = [looks.at(-1)!, looks.at(-2)];
      assertEquals(last.contact, alone!.contact);
      if (last.status === alone!.status || last.status === "not_started") return;
      assertEquals(FAILED.includes(alone!.status), false, `${alone!.status} is not found`);
      assertEquals(FAILED.includes(last.status) && FAILED.includes(before!.status), true);
    }),
    RUNS,
  );
});

/** Check-ins behind a life, the last of them just before it is looked at. */
const anyFailures = fc.record({
  outcomes: fc.array(
    fc.constantFrom("offline", "certificate", "error", "error below", "certificate, then offline"),
    { minLength: 1, maxLength: 12 },
  ),
  interval: fc.integer({ min: 22 * 60, max: 90 * 60 }),
  ago: fc.integer({ min: 2, max: 89 * 60 }),
});

Deno.test("a log whose newest 12 check-ins over 4 hours all failed is never ok", () => {
  fc.assert(
    fc.property(anyLife, anyFailures, anyNoise, (life, { outcomes, interval, ago }, noise) => {
      const { events, end } = live(life, START);
      const part = { outcomes, count: 12, interval, pid: 50_000 };
      const failures = checkInEvents(part, end);
      const at = failures.at(-1)!.at + ago - 1;
      const tail = withNoise([...failures, { at, kind: "look" }], noise);
      const { status } = looksOf([...events, ...tail], lookBefore(life, START)).at(-1)!;
      const faults = ["device_signature_error", "not_started", ...FAILED];
      assertEquals(faults.includes(status), true, status);
    }),
    RUNS,
  );
});

Deno.test("a log whose newest check-in reached the server has no fault but a signature error after it", () => {
  fc.assert(
    fc.property(anyLife, fc.boolean(), anyNoise, (life, isRefused, noise) => {
      const { events, end } = live(life, START);
      const part = { outcomes: ["contact"], count: 1, interval: 0, pid: 50_000 };
      const contact = checkInEvents(part, end);
      const at = end + 120;
      const record = { at, pid: 60_000, message: SIGNATURE_ERROR };
      const refused: Event[] = isRefused ? [{ at, kind: "record", record }] : [];
      const noisy = withNoise([...contact, { at, kind: "look" }], noise);
      const tail = [...noisy.slice(0, -1), ...refused, ...noisy.slice(-1)];
      const { status } = looksOf([...events, ...tail], lookBefore(life, START)).at(-1)!;
      assertEquals(status, isRefused ? "device_signature_error" : "ok");
    }),
    RUNS,
  );
});

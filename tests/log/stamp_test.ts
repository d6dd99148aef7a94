import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { stampText } from "../../tools/log_text.ts";
import { headOf } from "../../lib/log/record.ts";
import { type Stamp, stampResolver } from "../../lib/log/stamp.ts";
import { at } from "../helpers/test_mac.ts";

const DAY = 86_400;

/** Reads a stamp as it is in a log. */
function stamp(text: string): Stamp {
  const line = new TextEncoder().encode(`${text} Mac jamf[1]: `);
  const head = headOf(line, 0, line.length);
  assert(typeof head === "object", text);
  const { weekday, month, day, second } = head;
  return { weekday, month, day, second };
}

/** Unix seconds as text that can be read. */
function iso(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString().slice(0, 19);
}

interface Case {
  readonly what: string;
  readonly zone?: string;
  readonly reference: string;
  /** Stamps and the instants they name, by UTC. */
  readonly stamps: readonly [stamp: string, at: string | undefined][];
}

const CASES: readonly Case[] = [
  {
    what: "takes the newest year that fits the weekday",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Fri Apr 25 09:21:38", "2025-04-25T09:21:38"],
      ["Wed Feb 01 09:12:03", "2023-02-01T09:12:03"],
      ["Thu Feb 21 11:11:41", "2019-02-21T11:11:41"],
      ["Wed Apr 29 12:40:46", "2026-04-29T12:40:46"],
      ["Sat Feb 29 12:00:00", "2020-02-29T12:00:00"],
    ],
  },
  {
    what: "takes no year later than the reference",
    reference: "2023-12-31T10:00:00Z",
    stamps: [
      ["Fri Apr 25 09:21:38", "2014-04-25T09:21:38"],
      ["Wed Feb 01 09:12:03", "2023-02-01T09:12:03"],
      ["Wed Apr 29 12:40:46", "2020-04-29T12:40:46"],
    ],
  },
  {
    what: "takes December for the year before, in January",
    reference: "2026-01-05T10:00:00Z",
    stamps: [
      ["Wed Dec 31 23:59:59", "2025-12-31T23:59:59"],
      ["Thu Jan 01 00:00:00", "2026-01-01T00:00:00"],
      ["Mon Jan 05 10:00:00", "2026-01-05T10:00:00"],
    ],
  },
  {
    what: "takes the Mac's year, where it is another one by UTC",
    zone: "America/New_York",
    reference: "2026-01-01T03:00:00Z",
    stamps: [
      ["Wed Dec 31 21:59:59", "2026-01-01T02:59:59"],
      ["Wed Dec 31 09:00:00", "2025-12-31T14:00:00"],
    ],
  },
  {
    what: "takes the Mac's year, where it has begun earlier than by UTC",
    zone: "Asia/Kolkata",
    reference: "2025-12-31T20:00:00Z",
    stamps: [
      ["Thu Jan 01 01:00:00", "2025-12-31T19:30:00"],
      ["Wed Dec 31 23:00:00", "2025-12-31T17:30:00"],
    ],
  },
  {
    what: "takes the Mac's year, where it begins within the day that is allowed",
    zone: "Asia/Kolkata",
    reference: "2025-12-30T20:00:00Z",
    stamps: [
      ["Thu Jan 01 01:00:00", "2025-12-30T20:00:00"],
      ["Thu Jan 01 02:00:00", "2014-12-31T20:30:00"],
    ],
  },
  {
    what: "finds a leap day of each weekday",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Mon Feb 29 12:00:00", "2016-02-29T12:00:00"],
      ["Tue Feb 29 12:00:00", "2000-02-29T12:00:00"],
      ["Wed Feb 29 12:00:00", "2012-02-29T12:00:00"],
      ["Thu Feb 29 12:00:00", "2024-02-29T12:00:00"],
      ["Fri Feb 29 12:00:00", "2008-02-29T12:00:00"],
      ["Sun Feb 29 12:00:00", "2004-02-29T12:00:00"],
    ],
  },
  {
    what: "finds a leap day of forty years ago, over the turn of a century",
    reference: "2112-02-01T00:00:00Z",
    stamps: [["Mon Feb 29 12:00:00", "2072-02-29T12:00:00"]],
  },
  {
    what: "takes the first of two hours",
    zone: "America/New_York",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Sun Nov 01 00:59:59", "2026-11-01T04:59:59"],
      ["Sun Nov 01 01:00:00", "2026-11-01T05:00:00"],
      ["Sun Nov 01 01:59:59", "2026-11-01T05:59:59"],
      ["Sun Nov 01 02:00:00", "2026-11-01T07:00:00"],
    ],
  },
  {
    what: "shifts a missing hour forward",
    zone: "America/New_York",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Sun Mar 08 01:59:59", "2026-03-08T06:59:59"],
      ["Sun Mar 08 02:30:00", "2026-03-08T07:30:00"],
      ["Sun Mar 08 03:00:00", "2026-03-08T07:00:00"],
    ],
  },
  {
    what: "takes the first of two half hours",
    zone: "Australia/Lord_Howe",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Sun Apr 05 01:29:59", "2026-04-04T14:29:59"],
      ["Sun Apr 05 01:45:00", "2026-04-04T14:45:00"],
      ["Sun Apr 05 02:00:00", "2026-04-04T15:30:00"],
    ],
  },
  {
    what: "shifts a missing half hour forward",
    zone: "Australia/Lord_Howe",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Sun Oct 04 01:59:59", "2026-10-03T15:29:59"],
      ["Sun Oct 04 02:15:00", "2026-10-03T15:45:00"],
      ["Sun Oct 04 02:30:00", "2026-10-03T15:30:00"],
    ],
  },
  {
    what: "reads a day without midnight",
    zone: "America/Sao_Paulo",
    reference: "2019-01-15T10:00:00Z",
    stamps: [
      ["Sat Nov 03 23:59:59", "2018-11-04T02:59:59"],
      ["Sun Nov 04 00:30:00", "2018-11-04T03:30:00"],
      ["Sun Nov 04 01:00:00", "2018-11-04T03:00:00"],
      ["Sun Nov 04 12:00:00", "2018-11-04T14:00:00"],
    ],
  },
  {
    what: "allows a day after the reference, and answers with the reference",
    reference: "2026-01-01T12:00:00Z",
    stamps: [
      ["Thu Jan 01 12:00:00", "2026-01-01T12:00:00"],
      ["Thu Jan 01 12:00:01", "2026-01-01T12:00:00"],
      ["Fri Jan 02 12:00:00", "2026-01-01T12:00:00"],
      ["Fri Jan 02 12:00:01", "2015-01-02T12:00:01"],
      ["Sat Jan 03 00:00:00", "2015-01-03T00:00:00"],
    ],
  },
  {
    what: "dates no time and no date that there is none of",
    reference: "2026-11-23T10:00:00Z",
    stamps: [
      ["Fri Apr 25 24:00:00", undefined],
      ["Fri Apr 25 09:60:00", undefined],
      ["Fri Apr 25 09:21:60", undefined],
      ["Fri Apr 00 09:21:38", undefined],
      ["Fri Apr 31 09:21:38", undefined],
      ["Fri Feb 30 09:21:38", undefined],
      ["Fri Apr 99 09:21:38", undefined],
    ],
  },
];

for (const { what, zone = "UTC", reference, stamps } of CASES) {
  for (const [text, expected] of stamps) {
    Deno.test(`stampResolver() ${what}: ${text}, ${zone}`, () => {
      const resolve = stampResolver(at(reference), zone);
      assertEquals(iso(resolve(stamp(text))), expected);
      assertEquals(iso(resolve(stamp(text))), expected, "asked a second time");
    });
  }
}

Deno.test("stampResolver() does not take a day that does not exist for one of the next month", () => {
  const reference = at("2026-11-23T10:00:00Z");
  const [none, may] = ["Fri Apr 33 09:21:38", "Fri May 01 09:21:38"] as const;
  for (const order of [[none, may], [may, none]]) {
    const resolve = stampResolver(reference, "UTC");
    const answers = new Map(order.map((text) => [text, iso(resolve(stamp(text)))]));
    assertEquals([answers.get(none), answers.get(may)], [undefined, "2026-05-01T09:21:38"]);
  }
});

const anyZone = fc.constantFrom(
  "UTC",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "America/Sao_Paulo",
  "Pacific/Kiritimati",
);
const anyReference = fc.integer({
  min: at("2017-01-01T00:00:00Z"),
  max: at("2030-01-01T00:00:00Z"),
});
const anyStamp = fc.record({
  weekday: fc.integer({ min: 1, max: 7 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 0, max: 99 }),
  second: fc.option(fc.integer({ min: 0, max: DAY - 1 }), { nil: undefined }),
});

Deno.test("stampResolver() answers with the weekday, date and time of the stamp, or those of a gap", () => {
  fc.assert(
    fc.property(anyStamp, anyReference, anyZone, (stamp, reference, zone) => {
      const answer = stampResolver(reference, zone)(stamp);
      if (answer === undefined) return;
      assertLessOrEqual(answer, reference);
      if (answer === reference) return;

      const read = Temporal.Instant.fromEpochMilliseconds(answer * 1000).toZonedDateTimeISO(zone);
      const { weekday, month, day, second = NaN } = stamp;
      const written = new Temporal.PlainDateTime(read.year, month, day).add({ seconds: second });
      assertEquals(written.dayOfWeek, weekday);
      if (read.toPlainDateTime().equals(written)) return;
      assertThrows(() => written.toZonedDateTime(zone, { disambiguation: "reject" }), RangeError);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("stampResolver() gives back the instant that was stamped in the last four years", () => {
  const anyAge = fc.integer({ min: 0, max: 4 * 365 * DAY });
  fc.assert(
    fc.property(anyReference, anyAge, anyZone, (reference, age, zone) => {
      const written = reference - age;
      const local = Temporal.Instant.fromEpochMilliseconds(written * 1000).toZonedDateTimeISO(zone)
        .toPlainDateTime();
      const first = local.toZonedDateTime(zone, { disambiguation: "earlier" });
      const answer = stampResolver(reference, zone)(stamp(stampText(written, zone)));
      assertEquals(answer, first.epochMilliseconds / 1000);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("stampResolver() answers the same whatever it was asked before", () => {
  // Few of each, so that the same days come again, and days that share a lookup occur together.
  const fewStamps = fc.record({
    weekday: fc.constantFrom(4, 5),
    month: fc.integer({ min: 1, max: 3 }),
    day: fc.constantFrom(0, 1, 2, 28, 29, 30, 31, 32, 33, 65),
    second: fc.constantFrom(undefined, 0, 43_200, DAY - 1),
  });
  const stamps = fc.array(fewStamps, { minLength: 2, maxLength: 20 });
  const nearby = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2026-03-30T00:00:00Z") });
  fc.assert(
    fc.property(stamps, nearby, anyZone, (stamps, reference, zone) => {
      const resolve = stampResolver(reference, zone);
      const alone = stamps.map((stamp) => stampResolver(reference, zone)(stamp));
      assertEquals(stamps.map(resolve), alone);
    }),
    { numRuns: 300 },
  );
});

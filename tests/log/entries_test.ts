import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { logLine, refusedLines, SIGNATURE_ERROR } from "../../tools/log_text.ts";
import {
  entriesBackwards,
  type Entry,
  type EntryCounts,
  withoutClockJumps,
} from "../../lib/log/entries.ts";
import type { Meaning } from "../../lib/log/evidence.ts";
import { MAX_LINE } from "../../lib/log/lines.ts";
import { bytesSource } from "../../lib/log/byte_source.ts";
import { stampResolver } from "../../lib/log/stamp.ts";
import { at } from "../helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");
const DAY = 86_400;

type Read = [at: number | undefined, pid: number, means: Meaning | undefined];

/** The entries of a log in its order, and what was counted. */
function entriesOf(text: string): { entries: Read[]; counts: EntryCounts } {
  const counts = {
    lines: 0,
    records: 0,
    unusableStamps: 0,
    cutLines: 0,
    unknownLines: 0,
    laterStamps: 0,
  };
  const source = bytesSource(new TextEncoder().encode(text));
  const next = entriesBackwards(source, NOW, stampResolver(NOW, "UTC"), counts);
  const entries: Read[] = [];
  for (let entry = next(); entry; entry = next()) {
    entries.push([entry.at, entry.pid, entry.evidence?.means]);
  }
  return { entries: entries.reverse(), counts };
}

Deno.test("entriesBackwards() dates and judges each record", () => {
  const log = "output\n" + logLine(NOW - 60, "Checking for policy ID 3...", { pid: 7 }) +
    logLine(NOW - 59, "Hello", { pid: 8 }) + "output\n" +
    logLine(NOW - 58, "No patch policies were found.", { pid: 7 });
  assertEquals(entriesOf(log), {
    entries: [
      [NOW - 60, 7, "attempt"],
      [NOW - 59, 8, undefined],
      [NOW - 58, 7, "contact"],
    ],
    counts: {
      lines: 5,
      records: 3,
      unusableStamps: 0,
      cutLines: 0,
      unknownLines: 0,
      laterStamps: 0,
    },
  });
});

const BLOCK = `There was an error.\n\n    ${SIGNATURE_ERROR}\n`;

const ERRORS: readonly [what: string, log: string, means: Meaning | undefined][] = [
  ["a signature error below an empty message", refusedLines(NOW - 60), "device signature error"],
  [
    "a signature error below a message that means nothing",
    logLine(NOW, "Hello") + BLOCK,
    "device signature error",
  ],
  [
    "a signature error on the stamped line",
    logLine(NOW, SIGNATURE_ERROR),
    "device signature error",
  ],
  [
    "a connection failure below an empty message",
    logLine(NOW, "") + 'There was an error.\n\n     Connection failure: "The request timed out."\n',
    "no connection",
  ],
  [
    "an unknown error below an empty message",
    logLine(NOW, "") +
    "There was an error.\n\n     Unknown Error - An unknown error has occurred.\n",
    "agent error",
  ],
  [
    "a contact, whatever is below it",
    logLine(NOW, "No patch policies were found.") + BLOCK,
    "contact",
  ],
  [
    "a policy, whatever is below it",
    logLine(NOW, "Executing Policy WDAV") + BLOCK,
    "contact unless offline",
  ],
  [
    "no signature error below another program's stamp",
    logLine(NOW, "Hello") + "Mon Nov 23 10:00:00 Mac [OtherTool]: x\n" + BLOCK,
    undefined,
  ],
  [
    "no signature error below an ISO stamp",
    logLine(NOW, "") + "2026-11-23 10:00:00 script[977]: [INFO] x\n" + BLOCK,
    undefined,
  ],
  [
    "no signature error that a script prints without what is above it",
    logLine(NOW, "Hello") + `    ${SIGNATURE_ERROR}\n`,
    undefined,
  ],
  [
    "no signature error that a script prints without its indentation",
    logLine(NOW, "Hello") + `There was an error.\n${SIGNATURE_ERROR}\n`,
    undefined,
  ],
];

for (const [what, log, means] of ERRORS) {
  Deno.test(`entriesBackwards() finds ${what}`, () => {
    assertEquals(entriesOf(log).entries.at(-1)?.[2], means);
  });
}

Deno.test("entriesBackwards() takes no continuation line for a contact", () => {
  const log = logLine(NOW, "Script result:") + "    No patch policies were found.\n" +
    "No patch policies were found.\n";
  assertEquals(entriesOf(log).entries, [[NOW, 335, undefined]]);
});

Deno.test("entriesBackwards() counts stamps that no year fits", () => {
  const log = "Mon Feb 30 10:00:00 Mac jamf[1]: a\nMon Nov 23 25:00:00 Mac jamf[2]: b\n";
  assertEquals(entriesOf(log), {
    entries: [[undefined, 1, undefined], [undefined, 2, undefined]],
    counts: {
      lines: 2,
      records: 2,
      unusableStamps: 2,
      cutLines: 0,
      unknownLines: 0,
      laterStamps: 0,
    },
  });
});

Deno.test("entriesBackwards() counts lines that it judged by their beginning", () => {
  const long = "x".repeat(MAX_LINE);
  const log = logLine(NOW - 1, `Executing Policy ${long}`) + `${long}x\n` + logLine(NOW, "Hello");
  assertEquals(entriesOf(log), {
    entries: [[NOW - 1, 335, "contact unless offline"], [NOW, 335, undefined]],
    counts: {
      lines: 3,
      records: 2,
      unusableStamps: 0,
      cutLines: 2,
      unknownLines: 0,
      laterStamps: 0,
    },
  });
});

Deno.test("entriesBackwards() counts lines below the newest record that have to do with the agent", () => {
  const lines = [
    "2026-11-23 10:00:00 jamf[7]: Hello",
    "2026-11-23 10:00:00 Mac: No patch policies were found.",
    "2026-11-23 10:00:00 Mac: Installing Word...",
    "2026-11-23 10:00:00 jamf: Hello",
    `    ${SIGNATURE_ERROR}`,
  ].join("\n");
  assertEquals(entriesOf(`${lines}\n`).counts.unknownLines, 2);
  const { counts } = entriesOf(`${lines}\n` + logLine(NOW, "Hello") + `${lines}\n`);
  assertEquals([counts.records, counts.unknownLines], [1, 2]);
});

Deno.test("entriesBackwards() does not date what a clock ahead of time wrote", () => {
  const log = logLine(NOW - 3600, "before") +
    logLine(NOW + 90 * DAY, "ahead") +
    logLine(NOW + 91 * DAY, "ahead") +
    logLine(NOW - 60, "after");
  const { entries, counts } = entriesOf(log);
  assertEquals(entries.map(([at]) => at), [NOW - 3600, undefined, undefined, NOW - 60]);
  assertEquals(counts.unusableStamps, 2);
});

Deno.test("entriesBackwards() does not date what a clock wrote that had been reset", () => {
  const log = logLine(NOW - 3600, "before") +
    "Sat Jan 01 00:00:10 Mac jamf[1]: reset\n" + // 2022
    logLine(NOW - 60, "after");
  const { entries, counts } = entriesOf(log);
  assertEquals(entries.map(([at]) => at), [NOW - 3600, undefined, NOW - 60]);
  assertEquals(counts.unusableStamps, 1);
});

Deno.test("entriesBackwards() keeps the old lines at the beginning of a log", () => {
  const log = logLine(NOW - 1000 * DAY, "old") + logLine(NOW - 999 * DAY, "old") +
    logLine(NOW - 60, "new");
  assertEquals(entriesOf(log).entries.map(([at]) => at), [
    NOW - 1000 * DAY,
    NOW - 999 * DAY,
    NOW - 60,
  ]);
});

/** Runs stamps, in days before now and in the order of a log, through withoutClockJumps(). */
function withoutJumps(ages: readonly (number | undefined)[]): {
  ages: (number | undefined)[];
  unusable: number;
} {
  const entries: Entry[] = ages.map((age, pid) => ({
    at: age === undefined ? undefined : NOW - age * DAY,
    pid,
    evidence: undefined,
  }));
  const counts = { unusableStamps: 0 };
  const next = withoutClockJumps(() => entries.pop(), NOW, counts);
  const read: (number | undefined)[] = [];
  for (let entry = next(); entry; entry = next()) {
    read.unshift(entry.at === undefined ? undefined : (NOW - entry.at) / DAY);
    assertEquals(entry.pid, ages.length - read.length, "in the order of the log");
  }
  return { ages: read, unusable: counts.unusableStamps };
}

/** The rule, forwards: a stamp more than 400 days before the last usable one above it is unusable. */
function forwards(ages: readonly (number | undefined)[]): ReturnType<typeof withoutJumps> {
  let above: number | undefined;
  let unusable = 0;
  const read = ages.map((age) => {
    if (age === undefined) return undefined;
    if (above !== undefined && age > above + 400) {
      unusable++;
      return undefined;
    }
    return above = age;
  });
  return { ages: read, unusable };
}

const JUMPS: readonly [
  ages: readonly (number | undefined)[],
  usable: readonly (number | undefined)[],
][] = [
  [[], []],
  [[3, 2, 1], [3, 2, 1]],
  [[900, 800, 700], [900, 800, 700]],
  [[3, 2000, 1], [3, undefined, 1]],
  [[3, 2000, 1999, 1], [3, undefined, undefined, 1]],
  [[3, 2000], [3, undefined]],
  [[2000, 3, 1], [2000, 3, 1]],
  [[3, undefined, 2000, 1], [3, undefined, undefined, 1]],
  // 400 days are no jump, a second more is.
  [[100, 500, 1], [100, 500, 1]],
  [[100, 500 + 1 / DAY, 1], [100, undefined, 1]],
  // A Mac that was silent for over a year, with a wrong clock in between.
  [[900, 3000, 890], [900, undefined, 890]],
  [[900, 3000, 890, 3000, 880], [900, undefined, 890, undefined, 880]],
  [[900, 3000, 800, 3000], [900, undefined, 800, undefined]],
  // The last usable stamp counts, not the newest.
  [[500, 800, 1100, 1400], [500, 800, 1100, 1400]],
  [[10, 350, 450, 700], [10, 350, 450, 700]],
];

for (const [ages, usable] of JUMPS) {
  Deno.test(`withoutClockJumps() makes of stamps [${ages}] days old [${usable}]`, () => {
    assertEquals(forwards(ages).ages, [...usable], "the model");
    assertEquals(withoutJumps(ages), forwards(ages));
  });
}

Deno.test("withoutClockJumps() follows the rule as it reads forwards", () => {
  const anyAge = fc.option(
    fc.oneof(
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 0, max: 2000 }),
      fc.constantFrom(399, 400, 401, 800, 801),
    ),
    { nil: undefined },
  );
  fc.assert(
    fc.property(fc.array(anyAge, { maxLength: 60 }), (ages) => {
      assertEquals(withoutJumps(ages), forwards(ages));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("withoutClockJumps() reads on only while an entry is old enough to be doubted", () => {
  const ages = [1, 2, 900, 3, 1];
  let taken = 0;
  const entries = ages.map((age) => ({ at: NOW - age * DAY, pid: 1, evidence: undefined }));
  const next = withoutClockJumps(
    () => {
      taken++;
      return entries.pop();
    },
    NOW,
    { unusableStamps: 0 },
  );
  assertEquals(
    ages.map(() => {
      next();
      return taken;
    }),
    [1, 2, 4, 4, 5],
  );
});

Deno.test("withoutClockJumps() buffers ten thousand entries at most", () => {
  let taken = 0;
  const next = withoutClockJumps(
    () => {
      taken++;
      return { at: NOW - 900 * DAY, pid: 1, evidence: undefined };
    },
    NOW,
    { unusableStamps: 0 },
  );
  assertEquals(next()?.at, NOW - 900 * DAY);
  assertEquals(taken, 10_000);
});

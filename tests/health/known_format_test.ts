import { assertEquals } from "@std/assert";
import { FormatCheck, type FormatFindings } from "../../lib/health/known_format.ts";
import { entryOf } from "../helpers/record_spec.ts";

const DAY = 86_400;
const NOW = 900_000_000;
const KNOWN: FormatFindings = { isUnknown: false, mayBeUnknown: false };
const DOUBTFUL: FormatFindings = { isUnknown: false, mayBeUnknown: true };
const UNKNOWN: FormatFindings = { isUnknown: true, mayBeUnknown: true };

/** Records in unknown words. */
interface Words {
  readonly count: number;
  /** From the oldest to the newest, in seconds. */
  readonly over?: number;
  readonly shapes?: number;
  readonly pids?: number;
  /** What the newest record but `known.after` says. */
  readonly known?: { readonly after: number; readonly message: string };
  readonly contact?: number;
}

function check({ count, over = DAY, shapes = 2, pids = 4, known, contact }: Words): FormatCheck {
  const format = new FormatCheck(contact);
  for (let i = 0; i < count; i++) {
    if (known?.after === i) format.take(entryOf([NOW, 1, known.message]));
    const at = NOW - Math.round(over * i / (count - 1));
    const message = `${"abc"[i % shapes]!.repeat(3)} ${i}`;
    format.take({ at, pid: i % pids, evidence: undefined, message });
  }
  return format;
}

const WORDS: readonly (readonly [what: string, Words, FormatFindings])[] = [
  ["too few to doubt", { count: 11 }, KNOWN],
  ["enough to doubt", { count: 12 }, DOUBTFUL],
  ["enough to doubt within a second", { count: 12, over: 0 }, DOUBTFUL],
  ["too few to tell", { count: 99 }, DOUBTFUL],
  ["enough to tell", { count: 100 }, UNKNOWN],
  ["within less than a day", { count: 100, over: DAY - 1 }, DOUBTFUL],
  ["of one shape", { count: 100, shapes: 1 }, KNOWN],
  ["of three pids", { count: 100, pids: 3 }, KNOWN],
  [
    "below a known one",
    { count: 100, known: { after: 12, message: "Policy error code: 51" } },
    DOUBTFUL,
  ],
  ["around a local one", { count: 100, known: { after: 50, message: "Daemon starting" } }, UNKNOWN],
  ["from before the known contact", { count: 100, contact: NOW - DAY + 1 }, DOUBTFUL],
  ["from the second of the known contact on", { count: 100, contact: NOW - DAY }, UNKNOWN],
];

for (const [what, words, expected] of WORDS) {
  Deno.test(`FormatCheck on unknown words ${what}`, () => {
    const format = check(words);
    assertEquals(format.result([]), expected);
    const isKnown = words.known !== undefined && words.known.message !== "Daemon starting";
    assertEquals(format.settled, expected.isUnknown || isKnown || words.contact === NOW - DAY + 1);
  });
}

Deno.test("FormatCheck dates nothing by records without a timestamp", () => {
  const format = new FormatCheck();
  for (let i = 0; i < 100; i++) {
    format.take({ at: undefined, pid: i % 4, evidence: undefined, message: i % 2 ? "a" : "b" });
  }
  assertEquals(format.result([]), DOUBTFUL);
  format.take({ at: NOW, pid: 1, evidence: undefined, message: "a" });
  format.take({ at: undefined, pid: 1, evidence: undefined, message: "a" });
  assertEquals(format.result([]), DOUBTFUL);
  format.take({ at: NOW - DAY, pid: 1, evidence: undefined, message: "a" });
  assertEquals(format.result([]), UNKNOWN);
});

Deno.test("FormatCheck counts unknown lines below the newest record, in whichever log they are", () => {
  const cases: readonly (readonly [logs: [records: number, lines: number][], FormatFindings])[] = [
    [[[1, 11]], KNOWN],
    [[[1, 12]], DOUBTFUL],
    [[[1, 99]], DOUBTFUL],
    [[[1, 100]], UNKNOWN],
    [[[0, 100]], UNKNOWN],
    [[[0, 50], [0, 50]], UNKNOWN],
    [[[0, 50], [1, 50]], UNKNOWN],
    // Above the newest record.
    [[[1, 0], [0, 100]], KNOWN],
    [[[0, 6], [1, 5], [1, 100]], KNOWN],
    [[], KNOWN],
  ];
  for (const [logs, expected] of cases) {
    const read = logs.map(([records, unknownLines]) => ({ records, unknownLines }));
    assertEquals(new FormatCheck().result(read), expected, JSON.stringify(logs));
  }
});

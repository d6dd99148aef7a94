import { assertEquals } from "@std/assert";
import { unscheduledSeconds, watchedSeconds } from "../../lib/health/watch.ts";
import { at } from "../helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");
/** So long ago that a Mac with this contact is silent. */
const EARLIER = at("2026-11-01T10:00:00Z");
const MAX = Number.MAX_SAFE_INTEGER;

Deno.test("watchedSeconds() adds up inspections without a gap, until a new contact", () => {
  const before = { at: NOW, contact: EARLIER, watchedSeconds: 900 };
  const silent = { at: NOW, contact: EARLIER, watchedSeconds: 7200 };
  const noContact = { ...before, contact: undefined };
  const cases: [
    name: string,
    before: Parameters<typeof watchedSeconds>[0],
    contact: number | undefined,
    gap: number,
    expected: number,
  ][] = [
    ["a first inspection", undefined, EARLIER, 0, 0],
    ["an inspection in time", before, EARLIER, 900, 1800],
    ["an inspection at the same moment", before, EARLIER, 0, 900],
    ["a gap of exactly 25 minutes", before, EARLIER, 1500, 2400],
    ["a gap of a second more", before, EARLIER, 1501, 0],
    ["a clock set back", before, EARLIER, -1, 0],
    ["a clock set far back", before, EARLIER, -90_000, 0],
    ["a new contact", before, EARLIER + 1, 900, 0],
    ["a first contact", noContact, EARLIER, 900, 0],
    ["still no contact", noContact, undefined, 900, 1800],
    ["a contact that the logs have lost", before, undefined, 900, 1800],
    ["a contact that reads as earlier", before, EARLIER - 3600, 900, 1800],
    ["a sleep, after two hours of watching a silent Mac", silent, EARLIER, 90_000, 7200],
    ["the same without any contact", { ...silent, contact: undefined }, undefined, 90_000, 7200],
    ["the same after a little less", { ...silent, watchedSeconds: 7199 }, EARLIER, 90_000, 0],
    ["the same, and a contact", silent, NOW, 90_000, 0],
    ["the same, and a clock set back", silent, EARLIER, -90_000, 7200],
    ["a number as large as can be", { ...silent, watchedSeconds: MAX }, EARLIER, 900, MAX],
    ["nothing watched so far", { ...before, watchedSeconds: 0 }, EARLIER, 900, 900],
  ];
  for (const [name, inspection, contact, gap, expected] of cases) {
    assertEquals(watchedSeconds(inspection, contact, NOW + gap), expected, name);
  }
});

Deno.test("watchedSeconds() is 0 after a sleep while the last contact is not over 14 days old", () => {
  const contact = NOW - 13 * 86_400;
  const previous = { at: NOW - 7200, contact, watchedSeconds: 90_000 };
  assertEquals(watchedSeconds(previous, contact, NOW), 0);
});

Deno.test("unscheduledSeconds() adds up awake time, until the agent shows a check-in", () => {
  const before = { at: NOW, unscheduledSeconds: 900 };
  const cases: [
    name: string,
    before: Parameters<typeof unscheduledSeconds>[0],
    shown: number,
    gap: number,
    expected: number,
  ][] = [
    ["a first inspection", undefined, EARLIER, 0, 0],
    ["an inspection in time", before, EARLIER, 900, 1800],
    ["no check-in at all", before, -Infinity, 900, 1800],
    ["a check-in a second before the inspection before", before, NOW - 1, 900, 1800],
    ["a check-in in the second of the inspection before", before, NOW, 900, 0],
    ["a gap of exactly 25 minutes", before, EARLIER, 1500, 2400],
    ["a gap of a second more", before, EARLIER, 1501, 900],
    ["a gap of exactly two hours", before, EARLIER, 7200, 900],
    ["a longer gap", before, EARLIER, 7201, 0],
    ["a clock set back", before, EARLIER, -1, 0],
    ["a number as large as can be", { at: NOW, unscheduledSeconds: MAX }, EARLIER, 900, MAX],
  ];
  for (const [name, previous, shown, gap, expected] of cases) {
    assertEquals(unscheduledSeconds(previous, shown, NOW + gap), expected, name);
  }
});

Deno.test("watchedSeconds() is 0 after a sleep in which the last contact became too old", () => {
  const contact = NOW - 13.5 * 86_400;
  const previous = { at: NOW, contact, watchedSeconds: 90_000 };
  assertEquals(watchedSeconds(previous, contact, NOW + 86_400), 0);
});

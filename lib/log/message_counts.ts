// Lines to a table of how often each message occurs: what `sed | sort | uniq -c | sort -nr` makes
// of a log whose timestamps `sed` has cut off.

import { stampEnd } from "./foreign.ts";
import type { NextLine } from "./lines.ts";
import { isJamf } from "./record.ts";

/** A message and how often it occurs. */
export interface MessageCount {
  readonly count: number;
  readonly message: string;
}

interface Counted {
  readonly bytes: Uint8Array;
  count: number;
}

const OPENING = 0x5b;
/** Few messages that differ have the same sample, unless they are long and much alike. */
const MAX_CHAIN = 8;
/** One Mac has a few names: more, or longer ones, are imitations. */
export const MAX_NAMES = 1000;
export const MAX_NAME_LENGTH = 200;
const TAG_END_LENGTH = "]: ".length;
const TAG_BEGINNING_LENGTH = " jamf".length;
const STAMP_LENGTH = "Fri Apr 25 09:21:38 ".length;

/**
 * Counts messages without decoding them: a long log has millions of lines, but few different messages.
 *
 * A message is what follows the first `jamf[<digits>]: ` of a line, or the whole line if it has none, so that every line
 * is counted. Lines that are too long count by their beginning.
 */
export class MessageCounter {
  readonly #bySample = new Map<number, Counted[]>();
  /** Those whose sample is that of {@linkcode MAX_CHAIN} others, by a hash of all their bytes. */
  readonly #byHash = new Map<number, Counted[]>();
  /** So that nobody can write messages of one hash. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  #lines = 0;
  readonly #computers = new Set<string>();
  /** What was between an agent's padded timestamp and its tag in the line before: almost always the same name. */
  #lastComputer: Uint8Array = new Uint8Array();

  /** How many lines were counted. */
  get lines(): number {
    return this.#lines;
  }

  /** The computer names in front of the agent's messages. */
  get computers(): ReadonlySet<string> {
    return this.#computers;
  }

  /** Counts all lines of a log. */
  addLines(next: NextLine): void {
    for (let line = next(); line; line = next()) {
      const { bytes, start, end } = line;
      const message = messageStart(bytes, start, end);
      if (message > start) this.#noteComputer(bytes, start, message);
      this.#add(bytes, message, end);
    }
  }

  /** The messages, most frequent first, those with the same count by their text. */
  counts(): MessageCount[] {
    const text = new TextDecoder();
    const totals = new Map<string, number>();
    for (const { bytes, count } of [this.#bySample, this.#byHash].flatMap(countedIn)) {
      const message = text.decode(bytes);
      // Bytes that are no UTF-8 differ, but read the same.
      totals.set(message, (totals.get(message) ?? 0) + count);
    }
    return sortCounts(totals);
  }

  /** Notes the name in front of a tag, unless it is that of the line before. */
  #noteComputer(bytes: Uint8Array, start: number, message: number): void {
    const from = start + STAMP_LENGTH;
    let end = message - TAG_END_LENGTH;
    while (bytes[end] !== OPENING) end--;
    end -= TAG_BEGINNING_LENGTH;
    if (end <= from || isEqual(this.#lastComputer, bytes, from, end)) return;
    const timeEnd = stampEnd(bytes, start, end);
    if (timeEnd === undefined) return;
    const name = new TextDecoder().decode(bytes.subarray(timeEnd, end)).trim();
    this.#lastComputer = bytes.slice(from, end);
    // What quotes another line is no name.
    const isName = name.length <= MAX_NAME_LENGTH && !name.includes("]:");
    if (isName && this.#computers.size < MAX_NAMES) this.#computers.add(name);
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    this.#lines++;
    const chain = chainOf(this.#bySample, sampleOf(bytes, start, end));
    if (countIn(chain, bytes, start, end, MAX_CHAIN)) return;
    countIn(chainOf(this.#byHash, hashOf(bytes, start, end, this.#seed)), bytes, start, end);
  }
}

function chainOf(chains: Map<number, Counted[]>, hash: number): Counted[] {
  let chain = chains.get(hash);
  if (chain === undefined) chains.set(hash, chain = []);
  return chain;
}

/** Counts a message in a chain; `false` if it is not in it, and the chain is full. */
function countIn(
  chain: Counted[],
  bytes: Uint8Array,
  start: number,
  end: number,
  maxLength = Infinity,
): boolean {
  for (const counted of chain) {
    if (isEqual(counted.bytes, bytes, start, end)) {
      counted.count++;
      return true;
    }
  }
  if (chain.length >= maxLength) return false;
  chain.push({ bytes: bytes.slice(start, end), count: 1 });
  return true;
}

function countedIn(chains: ReadonlyMap<number, readonly Counted[]>): Counted[] {
  return [...chains.values()].flat();
}

/** Most frequent first, ties by text. */
export function sortCounts(totals: ReadonlyMap<string, number>): MessageCount[] {
  return Array.from(totals, ([message, count]) => ({ count, message }))
    .sort((a, b) => b.count - a.count || (a.message < b.message ? -1 : 1));
}

/** Where the message begins: unlike a record's, behind any `jamf[<digits>]: `, as `sed 's/^.*jamf\[[0-9]+\]: //'` has it. */
function messageStart(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 4; at < end; at++) {
    if (bytes[at] !== OPENING || !isJamf(bytes, at - 4)) continue;
    let close = at + 1;
    while (bytes[close]! >= 0x30 && bytes[close]! <= 0x39) close++;
    const isTag = close > at + 1 && close + 2 < end && bytes[close] === 0x5d &&
      bytes[close + 1] === 0x3a && bytes[close + 2] === 0x20;
    if (isTag) return close + 3;
  }
  return start;
}

/** FNV-1a over at most 32 to 63 of the bytes, evenly spread: messages with the same sample are compared afterwards. */
function sampleOf(bytes: Uint8Array, start: number, end: number): number {
  const step = 1 + ((end - start) >> 5);
  let hash = 0x811c9dc5 ^ (end - start);
  for (let at = start; at < end; at += step) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash;
}

/** Two hashes over all bytes, as one number of 53 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let [a, b] = [seed, ~seed];
  for (let at = start; at < end; at++) {
    a = Math.imul(a ^ bytes[at]!, 0x01000193);
    b = Math.imul((b << 13 | b >>> 19) ^ bytes[at]!, 0x85ebca6b);
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

function isEqual(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== bytes[start + i]) return false;
  }
  return true;
}

// Messages to their shape: names of people and computers, URLs, ids and numbers are hidden.

import { stampEnd } from "./foreign.ts";
import { lazy } from "./lazy.ts";
import { MAX_NAME_LENGTH, MAX_NAMES, type MessageCount, sortCounts } from "./message_counts.ts";

/** A shorter name may be another word by chance: it is hidden only in the places where a name is expected. */
const MIN_NAME_LENGTH = 3;
/** The shape of a longer message is that of its beginning, so that no line makes the search slow. */
const MAX_SHAPE_LENGTH = 4096;

// Every repeat is bounded, runs to the end of the text, or begins only where no longer one can: the time that a message
// takes is that of its length.

/** What a name is, in quotation marks or without. */
const QUOTED = `"[^"]{0,256}"|“[^”]{0,256}”|'[^']{0,256}'`;
const WORD_END = "(?=[.,;:…]{0,8}(?:\\s|$))";
const TEXT_END =
  "(?=[.,;:!?…]{0,8}$|[.,;:!?…]{1,8}\\s| (?:at|on|to|is|was|in|with|by|from|and|has) )";
/** Words that may follow `for` in the agent's own messages, and begin no name. */
const NO_NAME =
  '(?:users?|the|this|a|an|all|any|policy|policies|patches|cached|updates?)\\b|["“]?<';

const URL = /(?:[a-z][a-z0-9+.-]{0,31})?:\/\/[^\s"'<>]+/gi;
/** Behind words that a name follows. */
const behindWords = lazy(() => ({
  user: new RegExp(
    `\\b(user(?:name)?):? (?!for\\b|(?:name )?is: )(${QUOTED}|\\S+?)${WORD_END}`,
    "gi",
  ),
  userIs: new RegExp(`\\b(user ?(?:name)? is:) (?:${QUOTED}|\\S[^]*?)${TEXT_END}`, "gi"),
  forName: new RegExp(`\\bfor (?!${NO_NAME})(?:${QUOTED}|\\S[^]*?)${TEXT_END}`, "g"),
}));
const COMPUTER = /\b((?:computer ?|host ?|localhost)name(?: to| is|:)?) \S[^]*$/gi;
const HOME = /\/Users\/(?!Shared\b)([^/\s"']+)/g;
const EMAIL = /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;
/** Domains that servers are in. Others could as well be the end of a file's name or of a bundle identifier. */
const DOMAIN =
  "com|net|org|edu|gov|mil|int|info|biz|io|co|cloud|local|lan|corp|internal|intern|intranet|private|home";
/** Two letters that are the end of a file's name more often than a country. */
const NO_COUNTRY = "sh|py|rb|js|ts|gz|xz|bz|db|so|mo|md";
/** `jamf.example.com`, `jamf.example.de`, `jamf.any:8443`. */
const server = lazy(() =>
  new RegExp(
    "(?<![\\w-])(?:(?:[a-z0-9-]{1,63}\\.){1,8}" +
      `(?:(?:${DOMAIN})(?![\\w-]|\\.\\w)(?::\\d{2,5})?|[a-z]{2,24}:(?:443|\\d{4,5})(?!\\d))|` +
      `(?:[a-z0-9-]{1,63}\\.){2,8}(?!(?:${NO_COUNTRY})\\b)[a-z]{2}(?![\\w-]|\\.\\w))`,
    "gi",
  )
);
/** Places that hold nothing but a user name: it is hidden wherever else it occurs. */
const certainUsers = lazy((): readonly RegExp[] => [
  new RegExp(`\\bfor user (${QUOTED}|\\S+?)${WORD_END}`, "gi"),
  new RegExp(`\\buser ?(?:name)? is: (${QUOTED}|\\S+?)${WORD_END}`, "gi"),
  /\bby user for (\S[^]*?)[.…]{0,8}$/gi,
  HOME,
]);

/** A line's tag, `name[12]:` or `[name]:`, else a word with a colon, and what is before it. */
const TAGGED = /^(|.*?\s)((?:[^\s[\]]*\[\d+\]|\[[^\]]{1,64}\]):.*)$/s;
const LABELED = /^(|.*?\s)([^\s:]+: .*)$/s;
const AGENT_TAG = /^jamf\[\d+\]: ?/;
const HAS_YEAR = /\d{4}/;

/**
 * Groups messages by their shape.
 *
 * @param counts Messages as {@linkcode MessageCounter} counts them.
 * @param computers The computer names in front of the agent's messages.
 */
export function maskCounts(
  counts: readonly MessageCount[],
  computers: Iterable<string> = [],
): MessageCount[] {
  const lines = counts.map(({ count, message }) => ({
    count,
    ...withoutHead(message.slice(0, MAX_SHAPE_LENGTH)),
  }));
  const names = knownNames(lines, computers);
  const totals = new Map<string, number>();
  for (const { count, message } of lines) {
    // First: with a name hidden in it, an address would not be known for one.
    const masked = shapeOf(names(message.replace(URL, "<url>")));
    totals.set(masked, (totals.get(masked) ?? 0) + count);
  }
  return sortCounts(totals);
}

interface Headless {
  readonly message: string;
  /** The computer name that was cut off. */
  readonly computer?: string;
}

/** Cuts off the timestamp and the computer name of a line that counted as a whole: another program's, or a torn one. */
function withoutHead(line: string): Headless {
  const bytes = new TextEncoder().encode(line);
  const end = stampEnd(bytes, 0, bytes.length);
  if (end === undefined) return { message: line };
  const rest = line.slice(end).trimStart();
  const hasYear = HAS_YEAR.test(line.slice(0, end));
  const tagged = TAGGED.exec(rest) ?? (hasYear ? undefined : LABELED.exec(rest));
  if (tagged) {
    return { message: tagged[2]!.replace(AGENT_TAG, ""), computer: tagged[1]!.trim() };
  }
  // Behind the agent's own shape of a timestamp is a computer name, and where it ends is unknown.
  return { message: hasYear || rest === "" ? rest : "<text>" };
}

/** Makes a function that hides the names that the log itself shows, wherever they occur. */
function knownNames(
  lines: readonly Headless[],
  computers: Iterable<string>,
): (message: string) => string {
  const known = new Map<string, "<computer>" | "<user>">();
  const add = (name: string | undefined, as: "<computer>" | "<user>"): void => {
    if (name === undefined || known.size >= MAX_NAMES) return;
    if (name.length >= MIN_NAME_LENGTH && name.length <= MAX_NAME_LENGTH) {
      known.set(name.toLowerCase(), as);
    }
  };
  for (const name of computers) add(name, "<computer>");
  for (const { computer } of lines) add(computer, "<computer>");
  for (const { message } of lines) {
    for (const pattern of certainUsers()) {
      for (const [, name] of message.matchAll(pattern)) {
        add(name!.replace(/^["“']|["”']$/g, ""), "<user>");
      }
    }
  }
  if (known.size === 0) return (message) => message;
  const longestFirst = [...known.keys()].sort((a, b) => b.length - a.length).map(escape);
  const any = new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})(?![\\p{L}\\p{N}])`,
    "giu",
  );
  return (message) => message.replace(any, (name) => known.get(name.toLowerCase()) ?? "<name>");
}

/** The shape of one message: without names, URLs, ids and numbers. */
export function shapeOf(message: string): string {
  const { user, userIs, forName } = behindWords();
  return message.slice(0, MAX_SHAPE_LENGTH)
    .replace(URL, "<url>")
    .replace(COMPUTER, "$1 <computer>")
    .replace(HOME, "/Users/<user>")
    .replace(EMAIL, "<user>")
    .replace(server(), "<server>")
    .replace(userIs, "$1 <user>")
    .replace(user, "$1 <user>")
    .replace(forName, "for <name>")
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, "<id>")
    .replace(/\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, "<id>")
    // MAC addresses and serial numbers.
    .replace(/\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/gi, "<id>")
    .replace(/\b(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*\d)[A-Z0-9]{8,}\b/g, "<id>")
    .replace(/\d+(?:[.:]\d+)*/g, "<number>");
}

function escape(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

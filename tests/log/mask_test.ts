import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { maskCounts } from "../../lib/log/mask.ts";
import { linesBackwards } from "../../lib/log/lines.ts";
import { type MessageCount, MessageCounter } from "../../lib/log/message_counts.ts";
import { bytesSource } from "../../lib/log/byte_source.ts";
import { takesLessThan } from "../helpers/takes_less_than.ts";

function pairs(counts: readonly MessageCount[]): [number, string][] {
  return counts.map(({ count, message }) => [count, message]);
}

const MASKS: readonly [message: string, masked: string][] = [
  ["Checking for policy ID 332...", "Checking for policy ID <number>..."],
  [
    'Checking for policies triggered by "recurring check-in" for user "jdoe"...',
    'Checking for policies triggered by "recurring check-in" for user <user>...',
  ],
  ['for user "Jane Doe"', "for user <user>"],
  ["Informing the JSS about login for user jdoe", "Informing the JSS about login for user <user>"],
  ["username jdoe", "username <user>"],
  [
    "Submitting log to https://jamf.example.com:8443/path?x=1",
    "Submitting log to <url>",
  ],
  [
    'The SSL Certificate for "http://jamf.example.com/" must be trusted.',
    'The SSL Certificate for "<url>" must be trusted.',
  ],
  ["Removing /Users/jdoe/Library/x.plist", "Removing /Users/<user>/Library/x.plist"],
  ["ID 0F8FAD5B-D9CB-469F-A165-70867728950E done", "ID <id> done"],
  ["checksum 1a2b3c4d5e6f done", "checksum <id> done"],
  ["Enroll return code: 70", "Enroll return code: <number>"],
  ["took 12.5 of 1:02:03", "took <number> of <number>"],
  ["Upgraded to 11.4.1", "Upgraded to <number>"],
  // Names.
  ["Permission granted by user for jane.doe", "Permission granted by user for <user>"],
  ["Permission granted by user for Jane Doe.", "Permission granted by user for <user>."],
  ["Set Computer Name to Jane's MacBook Pro", "Set Computer Name to <computer>"],
  ["Set HostName to janes-mac", "Set HostName to <computer>"],
  ['Creating keychain for "jane.doe" in /tmp', "Creating keychain for <name> in /tmp"],
  [
    "Informing the JSS about login for user jane.doe",
    "Informing the JSS about login for user <user>",
  ],
  ["for user jane.doe...", "for user <user>..."],
  ['username "jane.doe", done', "username <user>, done"],
  ["Mailed jane.doe@example.com", "Mailed <user>"],
  ["Mailed <j+d@mail.example.com>, a@b", "Mailed <<user>>, a@b"],
  ["The current user is: jdoe", "The current user is: <user>"],
  ["The current user is: Jane Doe.", "The current user is: <user>."],
  ['User name is: "Jane Doe" on this Mac', "User name is: <user> on this Mac"],
  ["username is: jdoe, done", "username is: <user>, done"],
  ["User is not logged in", "User <user> not logged in"],
  // Servers.
  ["Cannot reach jamf.example.com", "Cannot reach <server>"],
  ["Cannot reach jss.corp.example.co.uk.", "Cannot reach <server>."],
  ["Server: JAMF.EXAMPLE.LOCAL:8443/path", "Server: <server>/path"],
  ["at (jamf.acme.company:8443)...", "at (<server>)..."],
  ["…jamf-1.example.de, gone", "…<server>, gone"],
  ["https://jamf.example.com:8443/path?token=x y", "<url> y"],
  ["...https://jamf.example.com", "...<url>"],
  ["Moved com.jamfsoftware.jamfhelper.plist", "Moved com.jamfsoftware.jamfhelper.plist"],
  ["named com.jamf.management.daemon.binary was", "named com.jamf.management.daemon.binary was"],
  ["run.me.sh and a.b.gz, net.x.org.plist", "run.me.sh and a.b.gz, net.x.org.plist"],
  ["done.It is over", "done.It is over"],
  // Lines of other programs, and torn ones: stamp and computer name are cut off.
  ["Wed Oct 2 11:21:33 host [OtherTool]:    x", "[OtherTool]:    x"],
  ["Tue Nov 24 10:15:40 Jane's Mac (2) script[977]: x", "script[<number>]: x"],
  ["2026-11-24 10:15:40 script[977]: [INFO] x", "script[<number>]: [INFO] x"],
  ["2026-11-24 10:15:40-05 janes-mac installer[12]: x", "installer[<number>]: x"],
  ["2014-10-1 12:48:53 Something else", "Something else"],
  ["Tue 24 Nov 2026 10:15:40 GMT Something else", "Something else"],
  ["Tue Nov 24 10:15:40 GMT 2026", ""],
  [
    "Nov 24 00:00:00 Jane's Mac newsyslog[12]: logfile turned over",
    "newsyslog[<number>]: logfile turned over",
  ],
  ["Tue Nov 24 10:15:40 Jane's Mac tool: x", "tool: x"],
  ["Tue Nov 24 10:15:40 Jane's Mac did x", "<text>"],
  ["Tue Nov 24 10:15:40 Jane's Mac jamf[335]:", ""],
  ["Tue Nov 24 10:15:40 Jane's Mac jamf[33", "<text>"],
  ["Tue Nov 24 10:15:40", ""],
  // What agents say of themselves stays.
  ["Checking for patches...", "Checking for patches..."],
  [
    'No policies were found for the "recurring check-in" trigger.',
    'No policies were found for the "recurring check-in" trigger.',
  ],
  [
    "Could not connect to the JSS. Looking for cached policies...",
    "Could not connect to the JSS. Looking for cached policies...",
  ],
  // What is no name, id or number stays.
  ["No patch policies were found.", "No patch policies were found."],
  ["Executing Policy Fassade deadbeef", "Executing Policy Fassade deadbeef"],
  ["", ""],
];

for (const [message, masked] of MASKS) {
  Deno.test(`maskCounts() makes ${JSON.stringify(masked)} of ${JSON.stringify(message)}`, () => {
    assertEquals(pairs(maskCounts([{ count: 2, message }])), [[2, masked]]);
  });
}

Deno.test("maskCounts() adds up what has one shape, and sorts anew", () => {
  assertEquals(
    pairs(maskCounts([
      { count: 3, message: "Hello" },
      { count: 2, message: "Checking for policy ID 1..." },
      { count: 2, message: "Checking for policy ID 22..." },
    ])),
    [[4, "Checking for policy ID <number>..."], [3, "Hello"]],
  );
});

Deno.test("maskCounts() groups lines of other programs", () => {
  assertEquals(
    pairs(maskCounts([
      { count: 1, message: "Wed Oct 2 11:21:33 host [OtherTool]: x" },
      { count: 1, message: "Wed Oct 2 11:21:34 other [OtherTool]: x" },
    ])),
    [[2, "[OtherTool]: x"]],
  );
});

/** A summary of a log, names hidden. */
function maskedSummary(log: string): string {
  const counter = new MessageCounter();
  counter.addLines(linesBackwards(bytesSource(new TextEncoder().encode(log))));
  const counts = maskCounts(counter.counts(), counter.computers);
  return counts.map(({ message }) => message).join("\n");
}

Deno.test("maskCounts() takes the beginning of a very long message for its shape", () => {
  for (const part of ["for x ", "[ ", "user ", "'", "a"]) {
    const message = `Tue Nov 24 10:15:40 Mac ${part.repeat(500_000)}`;
    assertEquals(maskCounts([{ count: 2, message }])[0]?.count, 2);
  }
});

/** What makes a search with unbounded repeats begin again and again. */
const REPEATED = [
  "a-",
  "host",
  "-",
  "a.",
  ".",
  "a+",
  "0f",
  "[ ",
  "“",
  "user “",
  "for x ",
  "user is: ",
];
const BEFORE = ["", "for ", "user ", "by user for ", "hostname ", "Tue Nov 24 10:15:40 "];

Deno.test("maskCounts() takes a time that follows the length of the messages, whatever they look like", () => {
  const messages = BEFORE.flatMap((before) =>
    REPEATED.flatMap((part) =>
      ["x", "\r"].map((end) => (before + part.repeat(4000)).slice(0, 4000) + end)
    )
  );
  const counts = messages.map((message) => ({ count: 1, message }));
  const [short, long] = [8, 1].map((parts) =>
    counts.flatMap(({ count, message }) =>
      Array.from({ length: parts }, () => ({ count, message: message.slice(-4000 / parts) }))
    )
  );
  assert(takesLessThan(3, () => maskCounts(long!), () => maskCounts(short!)));
});

Deno.test("maskCounts() hides an address in which the computer's or a user's name occurs", () => {
  const log = `Tue Nov 24 10:15:40 jamf jamf[1]: Checking for policies for user "path"...
Tue Nov 24 10:15:41 jamf jamf[1]: Downloading https://jamf.example.com/path/secret
`;
  assertEquals(maskedSummary(log).split("\n").toSorted(), [
    "Checking for policies for user <user>...",
    "Downloading <url>",
  ]);
});

Deno.test("maskCounts() hides a name that the log itself tells wherever it occurs", () => {
  const log = `Tue Nov 24 10:15:40 Jane's Mac jamf[1]: Checking for policies for user "jdoe"...
Tue Nov 24 10:15:41 Jane's Mac jamf[1]: Renamed Jane's Mac, which JDoe has
WTue Nov 24 10:15:41 Jane's Mac jamf[1]:
`;
  assertEquals(maskedSummary(log).split("\n").toSorted(), [
    "Checking for policies for user <user>...",
    "Renamed <computer>, which <user> has",
    "WTue Nov <number> <number> <computer> jamf[<number>]:",
  ]);
});

/** Every place where a computer name or a user name has been seen. */
function logWithNames(computer: string, user: string): string {
  const agent = [
    `Checking for policies triggered by "recurring check-in" for user "${user}"...`,
    `Informing the JSS about login for user ${user}`,
    `Permission granted by user for ${user}`,
    `The current user is: ${user}`,
    `Set Computer Name to ${computer}`,
    `Removing /Users/${user}/Library/x.plist`,
    `Executing Policy Update Inventory`,
    `script - hello ${user} on ${computer}`,
    "[DEBUG] x",
  ];
  const lines = [
    ...agent.map((message) => `Tue Nov 24 10:15:40 ${computer} jamf[335]: ${message}`),
    `Tue Nov 24 10:15:40 ${computer} jamf[335]:`,
    `Wed Oct 2 11:21:33 ${computer} [OtherTool]:    hello ${user}`,
    `Tue Nov 24 10:15:40 ${computer} script[977]: Tue Nov 24 10:15:39 ${computer} jamf[9]: x`,
    `Tue Nov 24 10:15:40 ${computer} script[977]: x`,
    `2026-11-24 10:15:40 ${computer} script[977]: [INFO] x`,
    `Tue Nov 24 10:15:40 GMT 2026 ${computer} said x`,
    `Tue 24 Nov 2026 10:15:40 GMT ${computer} said x`,
    `Nov 24 00:00:00 ${computer} newsyslog[12]: logfile turned over`,
    `WWed Nov 25 00:00:00 ${computer} jamf[335]: x`,
    `echo of a script on ${computer} by ${user}`,
    `Tue Nov 24 10:15:40 ${computer} jam`,
  ];
  return lines.join("\n");
}

/** Text that no other line of the log contains. */
const anyName = fc.tuple(
  fc.constantFrom("Zoë", "Zqx", "zaphod", "東京x", "ZZtop"),
  fc.stringMatching(/^[A-Za-z0-9'’()_-]{0,12}$/),
).map(([rare, rest]) => `${rare}${rest}`);
const anyUser = fc.tuple(anyName, fc.constantFrom("", ".doe", "-x", "_1")).map((p) => p.join(""));
const anyComputer = fc.tuple(
  anyName,
  fc.constantFrom("", "'s MacBook Pro", " (2)", "’s Mac", " jamf y"),
)
  .map((parts) => parts.join(""));

Deno.test("maskCounts() prints neither the computer's nor the user's name", () => {
  fc.assert(
    fc.property(anyComputer, anyUser, (computer, user) => {
      const masked = maskedSummary(logWithNames(computer, user));
      assertEquals([masked.includes(computer), masked.includes(user)], [false, false], masked);
    }),
    { numRuns: 500 },
  );
});

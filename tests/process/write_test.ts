// What the program writes as a process, and what it leaves alone.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { refusedLines } from "../../tools/log_text.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { namesIn, type TestMac } from "../helpers/test_mac.ts";
import {
  CONTACT,
  HEALTHY,
  macWith,
  metadataOf,
  MODES,
  NOW,
  OFFLINE,
  PREVIOUS,
  result,
  spawn,
  telemetryModes,
} from "../helpers/process.ts";

Deno.test("checkin and collect keep the previous last_checkin on anything but success", async () => {
  for (const log of [undefined, OFFLINE, refusedLines(NOW - 100)]) {
    using mac = macWith(log);
    mac.writePrevious("last_checkin", PREVIOUS);
    const before = metadataOf(`${mac.outDir}/last_checkin`);
    assertMatch((await spawn(mac, ["checkin"])).stdout, /^<result>no_(?:log|success)<\/result>\n$/);
    assertEquals((await spawn(mac, ["collect"])).code, 0);
    assertEquals(metadataOf(`${mac.outDir}/last_checkin`), before);
    assertEquals(mac.telemetry("last_checkin"), PREVIOUS);
  }
});

/** What keeps each of both files from being written: tests of `secureWrite()` have all kinds. `path` is the file's. */
const OBSTACLES: readonly (readonly [
  name: string,
  prepare: (mac: TestMac, path: string) => void,
  reason: RegExp,
])[] = [
  [
    "the file is a link",
    (mac, path) => {
      mac.writePrevious("real", PREVIOUS);
      Deno.symlinkSync("real", path);
    },
    /Cannot write "[^"]+": it is a symbolic link, not a regular file; remove it\n$/,
  ],
  [
    "the folder is a link",
    (mac) => {
      Deno.mkdirSync(`${mac.root}/elsewhere`);
      Deno.mkdirSync(`${mac.root}/opt/telemetry`, { recursive: true });
      Deno.symlinkSync(`${mac.root}/elsewhere`, mac.outDir);
    },
    /^Cannot write into "[^"]+": it is a symbolic link, not a folder; remove it\n$/,
  ],
];

for (const [name, prepare, reason] of OBSTACLES) {
  for (const [mode, file] of [["checkin", "last_checkin"], ["errors", "agent_errors"]] as const) {
    Deno.test(`${mode} and collect say that ${file} cannot be written when ${name}`, async () => {
      using mac = macWith(HEALTHY);
      prepare(mac, `${mac.outDir}/${file}`);
      const before = metadataOf(mac.outDir);
      const { code, stdout, stderr } = await spawn(mac, [mode]);
      assertEquals([code, stdout], [0, result("error_write")]);
      assertMatch(stderr, reason);
      const collected = await spawn(mac, ["collect"]);
      assertEquals([collected.code, collected.stdout], [2, ""]);
      assertMatch(collected.stderr, reason);
      if (name.startsWith("the folder")) assertEquals(metadataOf(mac.outDir), before);
    });
  }
}

Deno.test("a previous file behind a link out of the folder is not read", async () => {
  using mac = macWith(HEALTHY);
  const elsewhere = `${mac.root}/elsewhere`;
  await Deno.writeTextFile(elsewhere, `{"last_successful_checkin":"${formatTimestamp(NOW)}"}`);
  mac.writePrevious("agent_errors", "{}");
  await Deno.symlink(elsewhere, `${mac.outDir}/last_checkin`);
  assertStringIncludes((await spawn(mac, ["status"])).stdout, `Last contact      ${CONTACT}\n`);
});

Deno.test("a full disk is reported, and the previous file is kept", async () => {
  using mac = macWith(HEALTHY);
  mac.writePrevious("last_checkin", PREVIOUS);
  // No file may grow. Deno's own, in its cache, may be missing.
  const ended = await spawn(mac, ["checkin"], { shell: `trap "" XFSZ; ulimit -f 0; "$@"` });
  assertEquals([ended.code, ended.stdout], [0, result("error_write")]);
  assertMatch(ended.stderr, /^Cannot write "[^"]+\/last_checkin": file too large\n$/);
  assertEquals(mac.telemetry("last_checkin"), PREVIOUS);
  assertEquals(Object.keys(telemetryModes(mac)), [".", "last_checkin"]);
});

Deno.test("no mode writes anything but its files, whatever TMPDIR is", async () => {
  using mac = macWith(HEALTHY);
  const trap = `${mac.root}/trap`;
  await Deno.mkdir(trap, { mode: 0o777 });
  for (const TMPDIR of [trap, `${mac.root}/nothing`, "/dev/null", ""]) {
    for (const mode of MODES) {
      const { code, stderr } = await spawn(mac, [mode], { env: { TMPDIR } });
      assertEquals([code, stderr], [0, ""], `${mode} TMPDIR=${TMPDIR}`);
    }
  }
  assertEquals(namesIn(trap), []);
  assertEquals(namesIn(mac.root), ["log", "opt", "trap"]);
  assertEquals(telemetryModes(mac), { ".": "700", agent_errors: "600", last_checkin: "600" });
});

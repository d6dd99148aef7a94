// Logs and folders that are not what they should be, as the program as a process meets them.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkinLines, refusedLines } from "../../tools/log_text.ts";
import { gzip, namesIn, TestMac } from "../helpers/test_mac.ts";
import {
  CONTACT,
  DAY,
  HEALTHY,
  macWith,
  NOW,
  result,
  SILENT_SUCCESS,
  spawn,
} from "../helpers/process.ts";

Deno.test("a jamf.log that is a link is named, and not taken for none", async () => {
  using mac = new TestMac();
  await Deno.writeTextFile(`${mac.root}/elsewhere`, HEALTHY);
  await Deno.symlink(`${mac.root}/elsewhere`, `${mac.logDir}/jamf.log`);
  const stderr = `Cannot read the logs in "${mac.logDir}": "jamf.log" is a symbolic link; ` +
    "put the file itself there\n";
  for (const mode of ["checkin", "errors"]) {
    const ended = await spawn(mac, [mode]);
    assertEquals(ended, { code: 0, stdout: result("error_read"), stderr });
  }
  for (const mode of ["collect", "status", "summary"]) {
    assertEquals(await spawn(mac, [mode]), { code: 2, stdout: "", stderr });
  }
  mac.log("jamf.log.0", HEALTHY);
  assertEquals((await spawn(mac, ["checkin"])).stdout, result(CONTACT));
  const { stdout } = await spawn(mac, ["status"]);
  assertStringIncludes(stdout, 'Skipped "jamf.log": it is a symbolic link');
});

Deno.test("a copied log counts once, and is named", async () => {
  using mac = macWith(HEALTHY + refusedLines(NOW - 100));
  const counts = async (): Promise<unknown> => {
    await spawn(mac, ["errors"]);
    const { device_signature_errors, attempts } = JSON.parse(mac.telemetry("agent_errors")!);
    return [device_signature_errors, attempts];
  };
  const before = await counts();
  const { mtime } = await Deno.stat(`${mac.logDir}/jamf.log`);
  mac.log("jamf.log.bak", await Deno.readFile(`${mac.logDir}/jamf.log`), mtime!.getTime() / 1000);
  mac.log("jamf.log.gz", await gzip(HEALTHY), mtime!.getTime() / 1000);
  assertEquals(await counts(), before);
  const { stdout } = await spawn(mac, ["status"]);
  for (const name of ["jamf.log.bak", "jamf.log.gz"]) {
    assertStringIncludes(stdout, `Skipped "${name}": it repeats "jamf.log"`);
  }
});

Deno.test("hundreds of logs of one time are read with the descriptors that launchd gives", async () => {
  using mac = new TestMac();
  const lines = refusedLines(NOW - 100);
  mac.log("jamf.log", lines);
  for (let i = 0; i < 400; i++) {
    mac.log(`jamf.log.${i}`, checkinLines(NOW - 3 * DAY - 100 - i), NOW - 60);
    mac.log(`jamf.log.${i}.bak`, lines, NOW - 60);
  }
  const limited = { shell: 'ulimit -n 256; "$@"' };
  const checkin = await spawn(mac, ["checkin"], limited);
  assertEquals([checkin.code, checkin.stdout], [0, result(CONTACT)]);
  assertEquals(await spawn(mac, ["collect"], limited), SILENT_SUCCESS);
  const { status, device_signature_errors } = JSON.parse(mac.telemetry("agent_errors")!);
  assertEquals([status, device_signature_errors], ["device_signature_error", 1]);
});

Deno.test("no folder is made behind a link above the telemetry folder", async () => {
  using mac = macWith(HEALTHY);
  await Deno.mkdir(`${mac.root}/elsewhere`);
  await Deno.mkdir(`${mac.root}/opt`);
  await Deno.symlink(`${mac.root}/elsewhere`, `${mac.root}/opt/telemetry`);
  const stderr =
    `Cannot write into "${mac.outDir}": "${mac.root}/opt/telemetry" is a symbolic link; ` +
    `remove it, or use "--out-dir ${mac.root}/elsewhere/jamf"\n`;
  assertEquals(await spawn(mac, ["collect"]), { code: 2, stdout: "", stderr });
  const checkin = await spawn(mac, ["checkin"]);
  assertEquals(checkin, { code: 0, stdout: result("error_write"), stderr });
  assertEquals(namesIn(`${mac.root}/elsewhere`), []);
});

// Readers of the telemetry see whole files, also when the program that writes them is killed.
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { checkinLines } from "../../tools/log_text.ts";
import { agentErrorsSchema } from "../../lib/telemetry/schema.ts";
import { formatTimestamp } from "../../lib/shared/timestamp.ts";
import { namesIn, type TestMac } from "../helpers/test_mac.ts";
import { macWith, NOW, OFFLINE, PREVIOUS, SILENT_SUCCESS } from "../helpers/process.ts";

const CONTACT = formatTimestamp(NOW - 997);
const FILES = ["agent_errors", "last_checkin"];
const UTC = { env: { TZ: "UTC" } };

function busyMac(): TestMac {
  return macWith(checkinLines(NOW - 1000) + OFFLINE);
}

/** Reads both files as Fleet does; each must be whole, or as it was before. */
function assertWhole(mac: TestMac, previous?: string): void {
  const lastCheckin = mac.telemetry("last_checkin");
  if (lastCheckin !== previous) {
    assertEquals(lastCheckin, `{"last_successful_checkin":"${CONTACT}"}\n`);
  }
  const agentErrors = mac.telemetry("agent_errors");
  if (agentErrors !== previous) {
    assert(agentErrors !== undefined && agentErrors.endsWith("}\n"));
    const file = agentErrorsSchema.parse(JSON.parse(agentErrors));
    assertEquals([file.status, file.last_successful_checkin, file.attempts], ["ok", CONTACT, 1]);
  }
}

/** What is in the telemetry folder beside the two files. */
function leftovers(mac: TestMac): string[] {
  return namesIn(mac.outDir).filter((name) => !FILES.includes(name));
}

function assertModes(mac: TestMac, names: readonly string[]): void {
  for (const name of names) {
    assertEquals(Deno.lstatSync(`${mac.outDir}/${name}`).mode! & 0o777, 0o600, name);
  }
}

/** Halts the program in front of the call with that number, of those that touch the disk. */
function haltAt(call: number): string {
  return `
    let calls = 0;
    function halting(holder, name) {
      const original = holder[name];
      holder[name] = function (...args) {
        if (++calls === ${call}) {
          Deno.stdout.writeSync(new TextEncoder().encode(String(name)));
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        }
        return original.apply(this, args);
      };
    }
    for (const name of Object.keys(Deno)) {
      if (/^(chmod|chown|lstat|mkdir|open|readDir|remove|rename)Sync$/.test(name)) halting(Deno, name);
    }
    for (const name of ["statSync", "readSync", "writeSync", "syncSync", "close", Symbol.dispose]) {
      halting(Deno.FsFile.prototype, name);
    }
  `;
}

/** Kills the program in front of one call. Returns which that was; nothing if it ended before. */
async function killAt(mac: TestMac, call: number): Promise<string> {
  const process = mac.start(["collect"], { ...UTC, preload: haltAt(call) });
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  if (value === undefined) {
    assertEquals((await process.status).code, 0);
  } else {
    process.kill("SIGKILL");
    assertEquals((await process.status).signal, "SIGKILL");
  }
  await process.stderr.cancel();
  return new TextDecoder().decode(value);
}

for (const previous of [undefined, PREVIOUS]) {
  const state = previous === undefined ? "without a folder" : "with previous files";
  Deno.test(`collect, killed at each of its steps, leaves whole files, ${state}`, async () => {
    using mac = busyMac();
    const steps: string[] = [];
    for (let call = 1;; call++) {
      await Deno.remove(`${mac.root}/opt`, { recursive: true }).catch(() => {});
      if (previous !== undefined) { for (const name of FILES) mac.writePrevious(name, previous); }
      const step = await killAt(mac, call);
      if (step === "") break;
      steps.push(step);
      assertWhole(mac, previous);
      const left = leftovers(mac);
      assertModes(mac, left);
      assert(left.length <= 1, `${step} left ${left}`);
      // The next run works, and removes after an hour what was left.
      makeOld(mac, left);
      assertEquals(mac.run(["collect"], NOW), { code: 0, stdout: "", messages: [] });
      assertWhole(mac);
      assertEquals(namesIn(mac.outDir), FILES);
    }
    for (const step of ["openSync", "writeSync", "syncSync", "renameSync"]) {
      assertGreaterOrEqual(steps.filter((name) => name === step).length, 2, step);
    }
  });
}

/** Makes files two hours old. */
function makeOld(mac: TestMac, names: readonly string[]): void {
  for (const name of names) Deno.utimeSync(`${mac.outDir}/${name}`, NOW - 7200, NOW - 7200);
}

Deno.test("collect works twenty times at once, and readers see one whole file each", async () => {
  using mac = busyMac();
  let done = false;
  const copies = Array.from({ length: 20 }, () => mac.spawn(["collect"], UTC));
  const ended = Promise.all(copies).finally(() => done = true);
  try {
    while (!done) {
      assertWhole(mac);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    await ended;
  }
  assertEquals(await ended, copies.map(() => SILENT_SUCCESS));
  assertWhole(mac);
  assertEquals(namesIn(mac.outDir), FILES);
  assertModes(mac, FILES);
});

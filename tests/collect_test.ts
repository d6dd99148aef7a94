// What `collect` says when something cannot be read.
import { assertEquals } from "@std/assert";
import { checkinLines } from "../tools/log_text.ts";
import { at, TestMac } from "./helpers/test_mac.ts";

const NOW = at("2026-11-23T10:00:00Z");
const IO_ERROR = new Error("Input/output error (os error 5)");

/** Replaces calls to the system, until the test ends. */
function withCalls(calls: Record<string, unknown>): Disposable {
  const before = Object.fromEntries(
    Object.keys(calls).map((name) => [name, Reflect.get(Deno, name)]),
  );
  Object.assign(Deno, calls);
  return { [Symbol.dispose]: () => void Object.assign(Deno, before) };
}

Deno.test("collect reports a previous result that cannot be read, and writes the new one", () => {
  for (const name of ["agent_errors", "last_checkin"]) {
    using mac = new TestMac();
    mac.log("jamf.log", checkinLines(NOW - 100), NOW - 97);
    mac.writePrevious(name, "{}\n");
    const { openSync } = Deno;
    using _ = withCalls({
      openSync: (path: string, options: Deno.OpenOptions) => {
        if (path === `${mac.outDir}/${name}`) throw IO_ERROR;
        return openSync(path, options);
      },
    });
    assertEquals(mac.run(["collect"], NOW), {
      code: 2,
      stdout: "",
      messages: [`Cannot read the previous result in "${mac.outDir}": input/output error`],
    });
    assertEquals(JSON.parse(mac.telemetry("agent_errors")!).status, "ok");
    assertEquals(
      mac.telemetry("last_checkin"),
      '{"last_successful_checkin":"2026-11-23T09:58:23Z"}\n',
    );
  }
});

Deno.test("collect ends when more logs cannot be read than a call can have arguments", () => {
  using mac = new TestMac();
  const names = Array.from({ length: 200_000 }, (_, i) => `jamf.log.${i}`);
  const { readDirSync, lstatSync } = Deno;
  const mtime = new Date(NOW * 1000);
  using _ = withCalls({
    readDirSync: (path: string) =>
      path === mac.logDir ? names.map((name) => ({ name })) : readDirSync(path),
    lstatSync: (path: string) =>
      path.startsWith(`${mac.logDir}/`)
        ? { isFile: true, size: 1, mtime, ino: null }
        : lstatSync(path),
    openSync: () => {
      throw new Deno.errors.PermissionDenied("x");
    },
  });
  const { code, messages } = mac.run(["collect"], NOW);
  assertEquals([code, messages.length], [2, names.length]);
});

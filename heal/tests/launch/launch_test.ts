// The launcher, as a process.
import { assertEquals } from "@std/assert";
import { Collector } from "../fakes/collector.ts";
import { spawn } from "../helpers/child.ts";
import { SECRETS, Servers } from "../helpers/servers.ts";
import { NEEDED, runProgram } from "../helpers/program.ts";

const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

Deno.test("paths are relative to the folder in which the user typed the task", async () => {
  await using at = await Servers.start();
  await Deno.writeTextFile(`${at.dir}/macs.txt`, "A B\n");
  await Deno.writeTextFile(`${at.dir}/secret`, SECRETS.client, { mode: 0o600 });
  const { JAMF_CLIENT_SECRET: _, ...variables } = at.variables;
  const { code, stderr } = await spawn(Deno.execPath(), {
    args: ["task", "--quiet", "--config", CONFIG, "heal", "redeploy", "--from", "macs.txt"],
    cwd: at.dir,
    // npx sets INIT_CWD, and then `deno task` does not.
    clearEnv: true,
    env: { ...NEEDED, ...variables, JAMF_CLIENT_SECRET_FILE: "./secret", HEAL_STORE: "./heal.db" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [
    2,
    'Cannot read "A B" as a serial number: give letters, digits and -\n',
  ]);
});

Deno.test("a proxy for http:// sees nothing", async () => {
  await using at = await Servers.start();
  await using proxy = await Servers.start();
  at.addMacs(1);
  const { url } = proxy.jamf;
  const proxies = { HTTP_PROXY: url, http_proxy: url, ALL_PROXY: url, all_proxy: url };
  const args = ["redeploy", "--serial", "C000000001", "--dry-run"];
  const { code, stderr } = await runProgram(args, { ...at.variables, ...proxies }, {
    launched: true,
  });
  assertEquals([code, proxy.jamf.requests], [0, []], stderr);
  assertEquals(at.jamf.requests.length > 0, true);
});

Deno.test("a misspelt variable is named where it is missed", async () => {
  await using at = await Servers.start();
  const { HEAL_POLICIES, ...rest } = at.variables;
  const variables = { ...rest, HEAL_POLICY: HEAL_POLICIES! };
  const missed = await runProgram(["sweep"], variables, { launched: true });
  assertEquals([missed.code, missed.stderr.split("\n")], [2, [
    "HEAL_POLICIES is not set: give the names of the policies, separated by commas",
    'Unknown variable HEAL_POLICY. Did you mean "HEAL_POLICIES"?',
    "",
  ]]);
  const checked = await runProgram(["check"], { ...at.variables, HEAL_NOTIFY: "x" }, {
    launched: true,
  });
  assertEquals(
    [checked.code, checked.stderr],
    [0, 'Unknown variable HEAL_NOTIFY. Did you mean "HEAL_NOTIFY_URL"?\n'],
  );
});

Deno.test("the launcher ends with its program, also while Deno exports metrics", async () => {
  await using collector = await Collector.start();
  const metrics = {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRIC_EXPORT_INTERVAL: "1",
  };
  for (let run = 0; run < 5; run++) {
    assertEquals((await runProgram(["--version"], metrics, { launched: true })).code, 0);
    assertEquals((await runProgram(["sweep"], metrics, { launched: true })).code, 2);
  }
});

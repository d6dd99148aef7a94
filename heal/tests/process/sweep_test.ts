// The real program, as a process: one sweep, what it has recorded, and what is checked before.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Ended } from "../../../tests/helpers/test_mac.ts";
import { FakeChat } from "../fakes/chat.ts";
import { FLEET } from "../fakes/fleet.ts";
import { JAMF, JAMF_PRIVILEGES, READ_REENROLLMENT } from "../fakes/jamf_pro.ts";
import { runProgram, type Variables } from "../helpers/program.ts";
import { SECRETS, Servers } from "../helpers/servers.ts";
import { until } from "../helpers/until.ts";

/** Four Macs: one fails, one is not managed, one is asleep, and one passes. */
async function startFour(): Promise<Servers> {
  const at = await Servers.start();
  at.addMacs(4);
  at.jamf.computers.get("2")!.managed = false;
  at.fleet.hosts.get(3)!.seenAt = Date.now() / 1000 - 7200;
  at.fleet.respond(4, "pass");
  return at;
}

/** The states in a table of Macs, by the Macs. */
function statesIn({ stdout }: Ended): Record<string, string> {
  const rows = stdout.matchAll(/^(C\d{9}) +\d+ +(\w+)/gm);
  return Object.fromEntries(Array.from(rows, ([, serial, state]) => [serial!, state!]));
}

Deno.test("sweep redeploys, records, and says what it has decided", async () => {
  await using at = await startFour();
  const store = `Counts redeploys in "${at.store}"\n`;
  const dry = await runProgram(["sweep", "--dry-run"], at.variables);
  assertEquals([dry.code, dry.stderr, at.jamf.seen(JAMF.redeploy).length], [1, store, 0]);
  assertEquals(statesIn(dry)["C000000001"], "would_redeploy");

  for (let i = 0; i < 2; i++) {
    const swept = await runProgram(["sweep"], at.variables);
    assertEquals([swept.code, swept.stderr], [1, store]);
    const states = { C000000002: "needs_person", C000000003: "waits", C000000001: "redeployed" };
    assertEquals(statesIn(swept), states);
    assertMatch(swept.stdout, /not managed by Jamf Pro: enrol this Mac again\n/);
    assertMatch(swept.stdout, /\n1 needs_person, 1 waits, 1 redeployed\n$/);
    assertEquals(at.jamf.redeploys.map(({ computerId }) => computerId), ["1"]);
  }
  at.fleet.respond(1, "pass");
  at.fleet.respond(2, "pass");
  // An answer of the second in which it was redeployed is not counted as a later one.
  at.fleet.hosts.get(1)!.policyUpdatedAt = Date.now() / 1000 + 1;
  const last = await runProgram(["sweep"], at.variables);
  const states = { C000000001: "healed", C000000002: "recovered", C000000003: "waits" };
  assertEquals([last.code, statesIn(last)], [0, states]);
});

Deno.test("sweep says on standard error what does not work, and its exit status is 1", async () => {
  await using at = await startFour();
  const sweep = async (variables: Variables = at.variables): Promise<Ended> => {
    const ended = await runProgram(["sweep"], variables);
    return { ...ended, stderr: ended.stderr.split("\n").slice(1).join("\n") };
  };
  at.fleet.misbehave(FLEET.hosts, { status: 400 });
  const unlisted = await sweep();
  assertEquals([unlisted.code, unlisted.stdout], [1, ""]);
  assertMatch(unlisted.stderr, /^Fleet answered 400/);
  at.jamf.misbehave(JAMF.token, { status: 401, body: { error: "invalid_client" } });
  const refused = await sweep();
  assertEquals([refused.code, statesIn(refused)["C000000001"]], [1, "waits"]);
  assertMatch(
    refused.stderr,
    /^Jamf Pro refused the login: .*: invalid_client; correct JAMF_CLIENT_ID/,
  );
  const away = await sweep({ ...at.variables, FLEET_API_TOKEN: "wrong" });
  assertEquals([away.code, away.stdout], [1, ""]);
  assertMatch(away.stderr, /^Fleet refused the login: it answered 401; /);
  const renamed = await sweep({
    ...at.variables,
    HEAL_POLICIES: "Renamed, jamf-pulse: no device signature error",
  });
  assertEquals([renamed.code, at.jamf.redeploys.length], [1, 1]);
  assertMatch(renamed.stderr, /^Fleet shows no policy "Renamed": /);
  for (
    const [args, variables] of [
      [["sweep"], { ...at.variables, HEAL_POLICIES: "" }],
      [["sweep", "--max-failing", "0"], at.variables],
    ] as const
  ) {
    const wrong = await runProgram(args, variables, { launched: true });
    assertEquals([wrong.code, wrong.stdout], [2, ""], wrong.stderr);
  }
});

Deno.test("status tells a problem of the last sweep, and says nothing that is not known", async () => {
  await using at = await startFour();
  // The folder of the default store may be created by the program.
  const variables = { ...at.variables, HEAL_STORE: `${at.dir}/jamf-heal/jamf-heal.db` };
  const sweep = (values: Variables): Promise<Ended> =>
    runProgram(["sweep"], { ...variables, ...values });
  await sweep({ HEAL_POLICIES: "Renamed" });
  const { code, stdout } = await runProgram(["status"], variables);
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^Last sweep: \d.*Z\nProblem of the newest sweep: Fleet shows no policy "Renamed": .*\n$/,
  );
  await sweep({ FLEET_API_TOKEN: "wrong" });
  const { problem } = JSON.parse((await runProgram(["status", "--json"], variables)).stdout);
  assertMatch(problem, /^Fleet refused the login/);
  await sweep({});
  assertMatch(
    (await runProgram(["status"], variables)).stdout,
    /^Last sweep: .*Z\n1 needs_person, /,
  );
});

Deno.test("a second sweep at the same time says so, and ends with 0", async () => {
  await using at = await startFour();
  const answer = Promise.withResolvers<void>();
  at.jamf.misbehave(JAMF.search, { slow: answer.promise });
  const first = runProgram(["sweep"], at.variables);
  await until(() => at.jamf.seen(JAMF.search).length === 1);
  const second = await runProgram(["sweep"], at.variables);
  assertEquals([second.code, second.stdout], [0, "Another sweep is running: nothing is done\n"]);
  const retry = await runProgram(["retry", "--serial", "C000000001"], at.variables);
  assertEquals([retry.code, retry.stderr], [
    1,
    "A sweep is running: try again when it has ended\n",
  ]);
  answer.resolve();
  assertEquals([statesIn(await first)["C000000001"], at.jamf.redeploys.length], ["redeployed", 1]);
});

Deno.test("status shows what was decided, and retry has a Mac decided about again", async () => {
  await using at = await startFour();
  await runProgram(["sweep"], at.variables);
  await runProgram(["redeploy", "--serial", "C000000004"], at.variables);
  const store = { HEAL_STORE: at.store };
  const status = await runProgram(["status"], store);
  assertEquals([status.code, status.stderr], [0, ""]);
  assertMatch(status.stdout, /^Last sweep: 2.*Z\n1 needs_person, 1 waits, 1 redeployed\n\nneeds_p/);
  assertMatch(
    status.stdout,
    /\nredeploys, the newest first\nRequested .*\n.*C000000004 .* by_hand /,
  );
  const { macs, redeploys } = JSON.parse((await runProgram(["status", "--json"], store)).stdout);
  assertEquals([macs.length, redeploys.length], [3, 2]);
  assertEquals(redeploys[1].command_uuid, at.jamf.redeploys[0]!.commandUuid);

  const one = await runProgram(["status", "--serial", "c000000002", "--json"], store);
  const { macs: found, redeploys: done } = JSON.parse(one.stdout);
  assertEquals([one.code, found.length, found[0].rule, done], [0, 1, "out_of_reach", []]);
  const other = await runProgram(["status", "--serial", "C000000004"], store);
  assertMatch(other.stdout, /^Last sweep: .*\n\nredeploys, the newest first\n/);
  const nothing = await runProgram(["status", "--serial", "X"], store);
  assertEquals([nothing.code, nothing.stdout], [1, ""]);

  at.jamf.computers.get("2")!.managed = true;
  const still = await runProgram(["sweep"], at.variables);
  assertEquals(statesIn(still)["C000000002"], "needs_person");
  const retry = await runProgram(["retry", "--from", "-"], store, { stdin: "C000000002\nX\n" });
  assertEquals(retry, {
    code: 1,
    stdout: "C000000002: the next sweep decides about it again\n",
    stderr: 'No Mac with serial number "X" needs a person\n',
  });
  const again = await runProgram(["sweep"], at.variables);
  assertEquals([again.code, statesIn(again)["C000000002"]], [0, "redeployed"]);
});

Deno.test("check tells what a sweep needs", async () => {
  await using at = await startFour();
  const check = () => runProgram(["check"], at.variables);
  const well = await check();
  assertEquals([well.code, well.stderr], [0, ""], well.stdout);
  assertStringIncludes(
    well.stdout,
    'ok       Fleet: policy "jamf-pulse: no device signature error" in all fleets: 3 hosts fail, 1 pass\n',
  );
  assertMatch(well.stdout, /^warning {2}Jamf Pro: a redeploy goes through enrolment: /m);
  assertMatch(well.stdout, /^warning {2}Jamf Pro: cannot see the re-enrolment settings: grant /m);

  at.jamf.options.privileges = [...JAMF_PRIVILEGES.slice(0, 2), READ_REENROLLMENT];
  at.jamf.reenrollment.isFlushPolicyHistoryEnabled = true;
  const wrong = await check();
  assertEquals(wrong.code, 1);
  assertMatch(wrong.stdout, /^problem {2}Jamf Pro: the API role needs "Send Computer Remote Com/m);
  assertMatch(wrong.stdout, /^warning {2}Jamf Pro: re-enrolment clears policy logs: after a red/m);

  at.jamf.options.privileges = JAMF_PRIVILEGES;
  at.fleet.policies.get(1)!.name = "Renamed";
  const renamed = await check();
  assertEquals(renamed.code, 1);
  assertMatch(
    renamed.stdout,
    /^problem {2}Fleet: shows no policy "jamf-pulse: no device signature error": correct HEAL_POLICIES/m,
  );
  assertEquals(at.jamf.redeploys, []);
});

Deno.test("a person is told once about a Mac", async () => {
  await using at = await startFour();
  await using chat = await FakeChat.start();
  const variables = { ...at.variables, HEAL_NOTIFY_URL: chat.webhook };
  const dropped = { ...at.variables, HEAL_NOTIFY_URL: `${chat.url}/${SECRETS.chat}` };
  const untold = await runProgram(["sweep"], dropped);
  const reason = `Nobody is told: Cannot notify "${new URL(chat.url).host}": it answered 404\n`;
  assertEquals([untold.code, untold.stderr.endsWith(reason), chat.texts], [1, true, []]);
  let printed = untold.stdout + untold.stderr;
  for (let i = 0; i < 2; i++) {
    const { stdout, stderr } = await runProgram(["sweep"], variables);
    printed += stdout + stderr;
    assertEquals(chat.texts, [
      "jamf-heal: A Mac needs a person:\nC000000002: not managed by Jamf Pro: enrol this Mac again",
    ]);
  }
  assertEquals(printed.includes(SECRETS.chat), false);
});

/**
 * Nothing is skipped in silence.
 *
 * @module
 */

/**
 * Says on standard error what this run leaves untested, for a test's `ignore`.
 *
 * @param what What is not tested.
 * @param why Why not; `undefined` if it is tested, and nothing is said.
 * @returns Whether to ignore the test.
 */
export function skip(what: string, why: string | undefined): boolean {
  if (why === undefined) return false;
  Deno.stderr.writeSync(new TextEncoder().encode(`\nNOT TESTED: ${what}. ${why}\n\n`));
  return true;
}

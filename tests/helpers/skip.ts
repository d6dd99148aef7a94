// Every skipped test says why it is skipped, and what to install. `tools/test.ts` collects these lines.

/**
 * Says on standard error what this run does not test, for a test's `ignore`.
 *
 * @param what What is not tested.
 * @param why Why not, and what to install; `undefined` if it is tested, and nothing is printed.
 * @returns Whether to ignore the test.
 */
export function skip(what: string, why: string | undefined): boolean {
  if (why === undefined) return false;
  Deno.stderr.writeSync(new TextEncoder().encode(`\nNOT TESTED: ${what}. ${why}\n\n`));
  return true;
}

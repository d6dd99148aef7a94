// How much the long tests do: little by default, for a laptop; much with `TEST_SIZE=large`, as in `.ci/run`.

/** Whether the tests are to do much. */
export const IS_LARGE: boolean = Deno.env.get("TEST_SIZE") === "large";

/** Chooses by the size of this run, as in `{ numRuns: bySize(100, 1000) }`. */
export function bySize<T>(small: T, large: T): T {
  return IS_LARGE ? large : small;
}

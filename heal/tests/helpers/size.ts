// How large the long tests are.

const IS_LARGE = Deno.env.get("TEST_SIZE") === "large";

/** The size of a test that may be long: the second one with `TEST_SIZE=large`. */
export function sizeOf(small: number, large: number): number {
  return IS_LARGE ? large : small;
}

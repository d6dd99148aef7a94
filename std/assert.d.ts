/** The part of `@std/assert` that this project calls. */
type Class<E> = abstract new (...args: never[]) => E;

export declare function assert(actual: unknown, message?: string): asserts actual;
export declare function assertEquals<T>(actual: T, expected: NoInfer<T>, message?: string): void;
export declare function assertNotEquals<T>(actual: T, expected: NoInfer<T>, message?: string): void;
export declare function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
export declare function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
export declare function assertInstanceOf<E>(
  actual: unknown,
  expected: Class<E>,
  message?: string,
): asserts actual is E;
export declare function assertMatch(actual: string, expected: RegExp, message?: string): void;
export declare function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
export declare function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void;
export declare function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  expected?: Class<E>,
  messageIncludes?: string,
): E;
export declare function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  expected?: Class<E>,
  messageIncludes?: string,
): Promise<E>;

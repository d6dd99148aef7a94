// Values that few runs need.

/** Makes a value when it is first asked for: `new RegExp` reads its pattern at once, which every start would pay for. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

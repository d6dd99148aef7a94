// The error that ends a build.

/** The build cannot go on; the message says why, and what to do. */
export class BuildError extends Error {
  override name = "BuildError";
}

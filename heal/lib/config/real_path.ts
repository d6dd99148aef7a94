// Resolves links. Uses the disk.

/** Resolves the links in a path; returns a path that does not exist as it is. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // The program reports what is wrong with it when it opens it.
    return path;
  }
}

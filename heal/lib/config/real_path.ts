/**
 * Where a path leads. Touches the disk.
 *
 * @module
 */

/**
 * The end of a link; a path that does not stand yet is left as it is.
 */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // If something is wrong with it, the program will say so.
    return path;
  }
}

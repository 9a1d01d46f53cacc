import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it, for this user alone. Node's own way (`recursive`) tells of a read-only file system
 * that there is no such file, and does not end at all where nobody can make folders, as in `/proc`.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Somebody else has just made it.
    if (!existsSync(path)) throw error
  }
}

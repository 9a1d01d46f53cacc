import { mkdtemp, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory, where Linux has one. */
const inMemory = '/dev/shm'

/**
 * A new folder, in memory if there is room for `bytes`: what is written durably costs a wait for the disk each time, and a
 * test has much to write and nothing to keep.
 */
export async function makeTemporaryFolder(prefix: string, bytes: number): Promise<string> {
  const memory = await statfs(inMemory).catch(() => undefined)
  if (memory !== undefined && memory.bavail * memory.bsize >= bytes) {
    const made = await mkdtemp(join(inMemory, prefix)).catch(() => undefined)
    if (made !== undefined) return made
  }
  return mkdtemp(join(tmpdir(), prefix))
}

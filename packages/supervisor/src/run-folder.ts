import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { makeFolder } from '@holon/app/make-folder'
import { fieldOf, messageOf } from '@holon/contract'
import { systemReason } from '@holon/contract/system-reason'

/** Where to reach a running supervisor, and the proof that one may. In `run/admin.json`, readable by its owner alone. */
export interface AdminAccess {
  readonly url: string
  readonly token: string
  readonly pid: number
  readonly app: string
}

/**
 * The folder of what belongs to one run: lock, access to the admin server, sockets. To be kept for as long as the run
 * lasts: the lock is given back when nobody refers to it any more.
 */
export interface RunFolder {
  /** Where instances' sockets go: private, and short enough for the system. */
  readonly sockets: string
  /** @throws DataFolderFailure */
  writeAccess(access: AdminAccess): void
  /** Removes what this run left and gives the lock back. Idempotent. */
  release(): void
}

/** Another supervisor holds the data folder. */
export class AlreadyRunning extends Error {
  override readonly name: string = 'AlreadyRunning'
  readonly access: AdminAccess | undefined

  constructor(dataFolder: string, access: AdminAccess | undefined) {
    // Nobody tells who holds a lock.
    const who =
      access === undefined
        ? "It is just starting, or a 'holon events' command that looks after it while it is down."
        : `It is '${access.app}', pid ${access.pid}, ${access.url}`
    const remedy = access === undefined ? 'Wait for it or end it first' : `End it first (kill ${access.pid})`
    super(`Holon already runs with the data in ${dataFolder}. ${who}\n${remedy}, or use another folder with --data.`)
    this.access = access
  }
}

/** The data folder cannot be used. */
export class DataFolderFailure extends Error {
  override readonly name: string = 'DataFolderFailure'

  constructor(dataFolder: string, reason: string, cause: unknown) {
    super(
      `The data of the app in ${dataFolder} cannot be used: ${reason}. Choose another folder with --data or the environment variable HOLON_DATA.`,
      { cause },
    )
  }
}

/**
 * The access to whatever runs, or ran last, with this data folder; undefined if there is none.
 *
 * @throws DataFolderFailure if it cannot be read, because it is another user's for instance.
 */
export function readAdminAccess(dataFolder: string): AdminAccess | undefined {
  try {
    // The supervisor writes it as a whole.
    return JSON.parse(readFileSync(join(dataFolder, 'run', 'admin.json'), 'utf8')) as AdminAccess
  } catch (error) {
    const code = fieldOf(error, 'code')
    // A text that ends early is just being written.
    if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return undefined
    throw new DataFolderFailure(dataFolder, systemReason(error) ?? messageOf(error), error)
  }
}

/**
 * Takes the data folder for this process and cleans up after a run that was killed.
 *
 * @throws AlreadyRunning if another process has it. DataFolderFailure if it cannot be made or written.
 */
export function takeRunFolder(dataFolder: string): RunFolder {
  const naming = <T>(act: () => T): T => {
    try {
      return act()
    } catch (error) {
      const reason = systemReason(error)
      throw reason === undefined ? error : new DataFolderFailure(dataFolder, reason, error)
    }
  }
  const folder = naming(() => take(dataFolder))
  return { ...folder, writeAccess: (access) => naming(() => folder.writeAccess(access)) }
}

function take(dataFolder: string): RunFolder {
  const run = join(dataFolder, 'run')
  makeFolder(run)
  chmodSync(run, 0o700)
  const unlock = lock(join(run, 'lock'), () => new AlreadyRunning(dataFolder, readAdminAccess(dataFolder)))
  removeLeftovers(run)
  const sockets = makeSocketFolder(run)
  const accessFile = join(run, 'admin.json')
  let released = false
  return {
    sockets,
    writeAccess(access) {
      // Made anew, so that its mode is right from the first byte.
      rmSync(accessFile, { force: true })
      writeFileSync(accessFile, `${JSON.stringify(access)}\n`, { mode: 0o600, flag: 'wx' })
    },
    release() {
      if (released) return
      released = true
      removeLeftovers(run)
      unlock()
    },
  }
}

/**
 * A lock that the system gives back when its holder dies, even by SIGKILL, so that there are no stale locks and no
 * guesses about reused pids. Node has no flock; sqlite's file lock is one.
 */
function lock(path: string, taken: () => Error): () => void {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    // 5 is SQLITE_BUSY.
    throw error instanceof Error && 'errcode' in error && error.errcode === 5 ? taken() : error
  }
  return () => database.close()
}

// sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero.
const longestSocketPath = 100
const longestSocketName = 16

function makeSocketFolder(run: string): string {
  const inside = join(run, 'sockets')
  if (Buffer.byteLength(inside) + 1 + longestSocketName <= longestSocketPath) {
    mkdirSync(inside, { mode: 0o700 })
    return inside
  }
  const outside = mkdtempSync(join(tmpdir(), 'holon-'))
  writeFileSync(join(run, 'socket-folder'), outside, { mode: 0o600 })
  return outside
}

function removeLeftovers(run: string): void {
  const pointer = join(run, 'socket-folder')
  if (existsSync(pointer)) {
    const outside = readFileSync(pointer, 'utf8')
    // Only what we would have made ourselves: this is a recursive removal of a path read from a file.
    if (outside.startsWith(join(tmpdir(), 'holon-'))) rmSync(outside, { recursive: true, force: true })
  }
  for (const name of ['sockets', 'socket-folder', 'admin.json'])
    rmSync(join(run, name), { recursive: true, force: true })
}

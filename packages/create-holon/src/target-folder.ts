import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { CreateFailure, exitCodes } from './host.ts'
import { projectNameProblem, suggestName } from './project-name.ts'

/** What may lie in a folder that counts as empty: what git, systems and editors put there by themselves. */
const unnoticed: readonly string[] = ['.git', '.DS_Store', 'Thumbs.db', 'desktop.ini', '.idea']
const named = 5

export interface Target {
  /** The absolute path. */
  readonly folder: string
  /** What the project is called. */
  readonly name: string
}

/**
 * The folder that `path` means, seen from `base`, and the name that it gives to the project.
 *
 * @throws CreateFailure for a folder whose name cannot be a project's, and for one that is not empty.
 */
export async function checkTarget(base: string, path: string): Promise<Target> {
  const folder = resolve(base, path)
  const name = basename(folder)
  const problem = projectNameProblem(name)
  if (problem !== undefined) {
    const suggestion = suggestName(name)
    const advice = suggestion === undefined ? '' : ` Try '${suggestion}'.`
    throw new CreateFailure(exitCodes.usage, `The project is called like its folder. ${problem}${advice}`)
  }
  const contents = await contentsOf(folder)
  if (contents.length === 0) return { folder, name }
  const more = contents.length > named ? ` and ${contents.length - named} more` : ''
  throw new CreateFailure(
    exitCodes.usage,
    `${folder} is not empty: there is ${contents.slice(0, named).join(', ')}${more}.\n` +
      'Nothing was changed. Name another folder, or empty this one.',
  )
}

/** What lies in a folder and would be in the way; empty where there is no such folder. */
async function contentsOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !unnoticed.includes(name)).toSorted()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return []
    if (code === 'ENOTDIR') return ['a file of that name']
    throw error
  }
}

/** Writes files into a folder, by path. Never over one that is there. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}

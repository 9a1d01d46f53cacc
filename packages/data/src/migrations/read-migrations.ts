import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { DefinitionError } from '@holon/contract'

import { readScript } from './read-script.ts'

/** One step of a schema's history, read from a file. */
export interface Migration {
  /** `0001-create-orders`: the file's name without its ending. Unique, sorts in the order of application. */
  readonly name: string
  /** Where it was read from. */
  readonly path: string
  /** Of the file's text without byte order mark and with line endings normalised, prefixed with its language: `sql:…`. */
  readonly checksum: string
  /** The same with the mark, which sqlite passes over: what an older version may have noted. */
  readonly markedChecksum: string
  readonly step: MigrationStep
}

export type MigrationStep =
  | { readonly language: 'sql'; readonly script: string }
  | { readonly language: 'ts' | 'js'; readonly up: (tx: object) => Promise<void> }

const migrationFile = /^(?<number>\d{4,})-[a-z0-9][a-z0-9-]*\.(?<language>sql|ts|js)$/
const looksLikeMigration = /\.(sql|[cm]?[jt]s)$/
const companions = /\.(d\.ts|test\.ts)$/

/** Reads a migrations folder in order. All misnamed and clashing files are reported together. */
export async function readMigrations(folder: URL | string): Promise<readonly Migration[]> {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder
  const files = (await listFolder(path))
    .filter((file) => looksLikeMigration.test(file) && !companions.test(file))
    .toSorted()
  const mistakes = [...misnamed(files), ...clashing(files)]
  if (mistakes.length > 0) throw new DefinitionError(`The folder of migrations ${path}`, mistakes)
  return Promise.all(files.map((file) => readMigration(path, file)))
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch {
    throw new DefinitionError('A store', [
      `its folder of migrations ${path} cannot be read; does \`migrations\` name it?`,
    ])
  }
}

function misnamed(files: readonly string[]): string[] {
  return files
    .filter((file) => !migrationFile.test(file))
    .map((file) => `${file}: call it NNNN-some-name.sql or NNNN-some-name.ts (four or more digits, lower case, dashes)`)
}

function clashing(files: readonly string[]): string[] {
  const byNumber = Map.groupBy(files, (file) => Number.parseInt(file, 10))
  return [...byNumber.values()]
    .filter((same) => same.length > 1)
    .map((same) => `${same.join(', ')}: the number must be unique; give the newer one the next number`)
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const path = join(folder, file)
  const text = readScript(path, await readFile(path))
  const name = file.replace(/\.[a-z]+$/, '')
  const language = file.slice(name.length + 1)
  const sum = (of: string): string => `${language}:${createHash('sha256').update(of).digest('hex')}`
  const read = { name, path, checksum: sum(text), markedChecksum: sum(`\ufeff${text}`) }
  if (language === 'sql') return { ...read, step: { language, script: text } }
  const up = await importUp(path)
  return { ...read, step: { language: language === 'ts' ? 'ts' : 'js', up } }
}

async function importUp(path: string): Promise<(tx: object) => Promise<void>> {
  const module: unknown = await import(pathToFileURL(path).href)
  const up: unknown = typeof module === 'object' && module !== null && 'up' in module ? module.up : undefined
  if (typeof up !== 'function') {
    throw new DefinitionError(`The migration ${path}`, ['it must export `async function up(db)`'])
  }
  return async (tx) => {
    await Reflect.apply(up, undefined, [tx])
  }
}

import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

import type { TemplateSource } from './host.ts'

/** What running an example leaves in its folder. */
const leftBehind: readonly string[] = ['node_modules', '.holon', 'coverage', 'package-lock.json']

/** The files of an example as they are: what the packed templates are made from. */
export async function readExample(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => leftBehind.includes(part)) && !path.endsWith('.log'))
    .toSorted()
  const files = new Map<string, string>()
  for (const path of paths) files.set(path, await readFile(join(folder, path), 'utf8'))
  return files
}

/** Templates that are the folders of the examples, in the repository. */
export function exampleFolders(folder: string): TemplateSource {
  return { read: (template) => readExample(join(folder, template)) }
}

/**
 * Templates as the package has them: one JSON file each, of texts by path. As a folder npm would leave out `.gitignore`, and
 * obey it.
 */
export function packedTemplates(folder: string): TemplateSource {
  return {
    async read(template) {
      const files = JSON.parse(await readFile(join(folder, `${template}.json`), 'utf8')) as Record<string, string>
      return new Map(Object.entries(files))
    },
  }
}

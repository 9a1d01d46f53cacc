// Writes the templates of `npm create holon` as its package has them: each example as one JSON file of texts by path.
// `node scripts/build/pack-templates.ts <folder>` writes them there; a build calls the function.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { readExample } from '../../packages/create-holon/src/template-source.ts'
import { templates } from '../../packages/create-holon/src/templates.ts'
import { root } from '../workspaces.ts'

/** Two calls write the same bytes. */
export async function packTemplates(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const { name } of templates) {
    const files = await readExample(join(root, 'examples', name))
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(Object.fromEntries(files), undefined, 1)}\n`)
  }
}

const [folder] = process.argv.slice(2)
if (import.meta.main) await packTemplates(resolve(folder ?? join(root, 'packages/create-holon/templates')))

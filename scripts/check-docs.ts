// Every link, anchor and path in the Markdown of the repository leads somewhere, and its snippets compile.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { isExcepted } from './exceptions.ts'
import { parsePage } from './markdown.ts'
import { linkProblems } from './page-links.ts'
import { lightProblems, typeProblems } from './page-snippets.ts'
import { report } from './report.ts'
import { listFiles, readManifest, root } from './workspaces.ts'

const paths = listFiles('**/*.md').filter((path) => !path.endsWith('api.md') && !isExcepted('docs-path', path))
const pages = new Map(paths.map((path) => [path, parsePage(readFileSync(join(root, path), 'utf8'))]))
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const world = {
  pages,
  exists: (path: string) => existsSync(join(root, path)),
  folders: folders.map(({ name }) => name).filter((name) => !['node_modules', '.git', '.holon'].includes(name)),
}
const problems = [...pages].flatMap(([path, page]) => [
  ...linkProblems(path, world),
  ...lightProblems(path, page, npmScriptsAt(dirname(path))),
])
const snippets = [...pages.values()].reduce((sum, page) => sum + page.snippets.length, 0)

report([...problems, ...(await typeProblems(pages))], `${pages.size} pages with ${snippets} snippets`)

/** What `npm run` knows where a page lies: the scripts of the nearest package.json. */
function npmScriptsAt(folder: string): readonly string[] {
  if (folder !== '.' && !existsSync(join(root, folder, 'package.json'))) return npmScriptsAt(dirname(folder))
  return Object.keys(readManifest(join(root, folder)).scripts ?? {})
}

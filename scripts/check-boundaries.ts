// Holds the map of the code: who may import whom, and that every import is declared. The arrows are in package-graph.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { type PackageGraph, boundaryProblems } from './boundaries.ts'
import { isExcepted } from './exceptions.ts'
import { importsOf } from './imports.ts'
import { report } from './report.ts'
import { isTestFile, listFiles, listWorkspaces, readManifest, root } from './workspaces.ts'

const graph = JSON.parse(readFileSync(new URL('./package-graph.json', import.meta.url), 'utf8')) as {
  readonly allowed: PackageGraph
  readonly forTests: PackageGraph
}
const workspaces = listWorkspaces()
const paths = listFiles('**/*.ts', '**/*.tsx').filter((path) =>
  workspaces.some(({ folder }) => path.startsWith(`${folder}/`)),
)
const files = paths.map((path) => ({
  path,
  isTest: isTestFile(path) || path.endsWith('.config.ts'),
  imports: importsOf(join(root, path)),
}))
const problems = boundaryProblems({
  allowed: graph.allowed,
  forTests: graph.forTests,
  workspaces,
  files,
  sharedDevDependencies: Object.keys(readManifest(root).devDependencies ?? {}),
  isExcepted,
})

report(problems, `${files.length} files in ${workspaces.length} workspaces import only what they may`)

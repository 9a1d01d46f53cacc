// What users import says what it promises: every export of the package holon, and each of its entry points, has a comment,
// and the examples in comments compile.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { report } from './report.ts'
import { exampleProblems, examplesOf } from './tsdoc/examples.ts'
import { createExportReader, entrySources, moduleComment } from './tsdoc/public-exports.ts'
import { fromRoot, isTestFile, listFiles, listWorkspaces, root } from './workspaces.ts'

const holon = listWorkspaces().find(({ manifest }) => manifest.name === 'holon')
const entries = holon === undefined ? [] : entrySources(holon)
const exportsOf = createExportReader()
const exported = entries.flatMap((entry) => exportsOf(entry))
const undocumented = exported.filter(({ comment }) => comment === undefined)
const sources = listFiles('packages/*/src/**/*.ts').filter((path) => !isTestFile(path))
const examples = sources.flatMap((path) => examplesOf(path, readFileSync(join(root, path), 'utf8')))

report(
  [
    ...entries
      .filter((entry) => moduleComment(entry) === undefined)
      .map((entry) => `${fromRoot(entry)} has no comment with @module that says what it is for`),
    ...new Set(undocumented.map(({ name, place }) => `${place} ${name} is public and has no comment`)),
    ...(await exampleProblems(examples, exportsOf)),
  ],
  `${new Set(exported.map(({ place, name }) => `${place} ${name}`)).size} public exports, ${examples.length} examples`,
)

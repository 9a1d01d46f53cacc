// Runs tsc over every tsconfig that names files, and makes sure that no TypeScript file is left out of all of them.
import { isExcepted } from './exceptions.ts'
import { report } from './report.ts'
import { type TypeCheck, checkTypes, listTypeProjects } from './type-projects.ts'
import { listFiles } from './workspaces.ts'

const projects = listTypeProjects()
const outcomes: TypeCheck[] = []
// Two at a time: each is a native process that uses more than one core itself.
for (let index = 0; index < projects.length; index += 2) {
  outcomes.push(...(await Promise.all(projects.slice(index, index + 2).map(checkTypes))))
}

const covered = new Set(outcomes.flatMap(({ files }) => files))
const sources = listFiles('**/*.ts', '**/*.tsx')
const forgotten = sources
  .filter((path) => !covered.has(path) && !isExcepted('unchecked-types', path))
  .map((path) => `${path} is in no tsconfig, so nothing checks its types: add it to the "include" of the nearest one`)
const problems = new Set(outcomes.flatMap((outcome) => outcome.problems))

report([...problems, ...forgotten], `${sources.length} files in ${projects.length} projects`)

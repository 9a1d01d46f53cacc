// Runs tsc over every tsconfig that names files, and makes sure that no TypeScript file is left out of all of them.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'

import { isExcepted } from './exceptions.ts'
import { report } from './report.ts'
import { fromRoot, listFiles, root } from './workspaces.ts'

const run = promisify(execFile)
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const maxBuffer = 64 * 1024 * 1024

interface Outcome {
  readonly files: readonly string[]
  readonly problems: readonly string[]
}

async function check(config: string): Promise<Outcome> {
  const args = [tsc, '-p', config, '--noEmit', '--pretty', 'false', '--listFiles']
  const { stdout, failure } = await run(process.execPath, args, { cwd: root, maxBuffer }).then(
    (done) => ({ stdout: done.stdout, failure: undefined }),
    (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', failure: error.stderr ?? '' }),
  )
  const lines = stdout.split('\n').filter((line) => line !== '')
  const files = lines.filter((line) => isAbsolute(line)).map((path) => fromRoot(path))
  const complaints = lines.filter((line) => !isAbsolute(line))
  if (failure === undefined) return { files, problems: [] }
  return { files, problems: complaints.length > 0 ? complaints : [`${config}: tsc failed ${failure}`] }
}

const configs = listFiles('tsconfig.json', '*/tsconfig.json', '**/tsconfig.*.json').filter((path) =>
  /"(include|files)"/.test(readFileSync(join(root, path), 'utf8')),
)
const outcomes: Outcome[] = []
for (let index = 0; index < configs.length; index += 2) {
  outcomes.push(...(await Promise.all(configs.slice(index, index + 2).map(check))))
}

const covered = new Set(outcomes.flatMap(({ files }) => files))
const sources = listFiles('*.ts', '*.tsx')
const forgotten = sources
  .filter((path) => !covered.has(path) && !isExcepted('unchecked-types', path))
  .map((path) => `${path} is in no tsconfig, so nothing checks its types: add it to the "include" of the nearest one`)

report([...new Set(outcomes.flatMap(({ problems }) => problems)), ...forgotten], `${sources.length} files in ${configs.length} projects`)

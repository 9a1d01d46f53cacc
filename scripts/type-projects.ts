import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'

import { fromRoot, listFiles, root } from './workspaces.ts'

const run = promisify(execFile)
const tsc = join(root, 'node_modules/typescript/bin/tsc')

export interface TypeCheck {
  /** What the project covers, relative to the root. */
  readonly files: readonly string[]
  readonly problems: readonly string[]
}

/** Every tsconfig that names files itself; the ones that others only extend are left out. */
export function listTypeProjects(): readonly string[] {
  return listFiles('**/tsconfig.json', '**/tsconfig.*.json').filter((path) =>
    /"(include|files)"/.test(readFileSync(join(root, path), 'utf8')),
  )
}

/** Runs tsc over one project. A type error is a problem, not an exception. */
export async function checkTypes(config: string): Promise<TypeCheck> {
  const args = [tsc, '-p', config, '--noEmit', '--pretty', 'false', '--listFiles']
  const { stdout, failure } = await run(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }).then(
    (done) => ({ stdout: done.stdout, failure: undefined }),
    (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', failure: error.stderr ?? '' }),
  )
  const lines = stdout.split('\n').filter((line) => line !== '')
  const files = lines.filter((line) => isAbsolute(line)).map((path) => fromRoot(path))
  if (failure === undefined) return { files, problems: [] }
  const complaints = lines.filter((line) => !isAbsolute(line))
  return { files, problems: complaints.length > 0 ? complaints : [`${config}: tsc failed ${failure}`] }
}

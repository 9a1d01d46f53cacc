import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createPlayground, type Finished, type Playground } from './holon-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `create-holon` as the repository has it: its templates are the examples. */
export const createHolon: string = join(root, 'packages/create-holon/bin/create-holon.js')

/** A playground whose folder, `app`, is empty. */
export function createEmptyPlayground(): Playground {
  const playground = createPlayground('trio')
  for (const name of readdirSync(playground.folder)) rmSync(join(playground.folder, name), { recursive: true })
  return playground
}

/** Makes a project from a template in an empty playground, with this repository's packages instead of installed ones. */
export async function makeProject(playground: Playground, template: string): Promise<Finished> {
  const args = [createHolon, '.', '--template', template, '--no-install', '--no-git']
  const made = await playground.runNode(args)
  symlinkSync(join(root, 'node_modules'), join(playground.folder, 'node_modules'))
  return made
}

export interface ProjectTests {
  readonly code: number | null
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** The whole report. */
  readonly output: string
}

/** Runs what `npm test` runs in a project: Node's own runner. */
export async function testProject(playground: Playground): Promise<ProjectTests> {
  const { code, stdout, stderr } = await playground.runNode(['--test', '--test-reporter=tap'])
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  const [passed, failed, skipped] = [count('pass'), count('fail'), count('skipped')]
  return { code, passed, failed, skipped, output: stdout + stderr }
}

/** What `npm run types` runs in a project. */
export function checkTypes(playground: Playground): Promise<Finished> {
  return playground.runNode(['node_modules/typescript/bin/tsc'])
}

/** A copy of `create-holon` with packed templates, which does not see the examples. Resolves to its program. */
export function packCreateHolon(folder: string): string {
  const copy = join(folder, 'create-holon')
  mkdirSync(copy)
  for (const part of ['bin', 'src', 'package.json'])
    cpSync(join(root, 'packages/create-holon', part), join(copy, part), { recursive: true })
  execFileSync(process.execPath, [join(root, 'scripts/build/pack-templates.ts'), join(copy, 'templates')])
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return join(copy, 'bin/create-holon.js')
}

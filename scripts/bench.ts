// `npm run bench`: installs what the benchmarks need, which no workspace does, and hands over to bench/bench.ts.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'

import { root } from './workspaces.ts'

const folder = join(root, 'bench')
const args = process.argv.slice(2)

function changedAt(path: string): number {
  return statSync(join(folder, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function run(command: string, ...rest: readonly string[]): number {
  return spawnSync(command, rest, { stdio: 'inherit', cwd: folder }).status ?? 1
}

// Help and report need no peers.
const measures = args.some((arg) => !arg.startsWith('-') && arg !== 'report') && !args.includes('--help')
const installed = changedAt('node_modules/.package-lock.json') >= changedAt('package-lock.json')
if (measures && !installed && run('npm', 'ci', '--no-fund', '--no-audit') !== 0) {
  console.error('bench: its dependencies could not be installed')
  process.exitCode = 1
} else {
  process.exitCode = run(process.execPath, 'bench.ts', ...args)
}

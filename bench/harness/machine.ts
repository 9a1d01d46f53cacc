import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'

import { benchRoot, canPin } from './processes.ts'
import type { Machine } from './result.ts'
import { type Tool, toolVersion } from './tools.ts'

export function describeMachine(): Machine {
  const release = readFileSync('/etc/os-release', 'utf8')
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 1e9),
    kernel: `${os.type()} ${os.release()}`,
    os: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? 'unknown',
    node: process.version,
    pinned: canPin(),
  }
}

export function describeCommit(): { readonly id: string; readonly dirty: boolean } {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: benchRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '..', ':!../docs', ':!results')
    return { id: git('rev-parse', 'HEAD'), dirty: changed !== '' }
  } catch {
    return { id: 'unknown', dirty: true } // An exported tree.
  }
}

function versionIn(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }).version
  } catch {
    return undefined
  }
}

/** Versions of npm packages (this folder's before the root's), of programs, and of Holon itself. */
export function versionsOf(packages: readonly string[], tools: readonly Tool[] = []): Readonly<Record<string, string>> {
  const own = (name: string): string =>
    versionIn(join(benchRoot, 'node_modules', name)) ?? versionIn(join(benchRoot, '../node_modules', name)) ?? 'missing'
  return Object.fromEntries([
    ['holon', versionIn(join(benchRoot, '../packages/contract')) ?? 'unknown'],
    ['node', process.versions.node],
    ...packages.map((name) => [name, own(name)]),
    ...tools.map((tool) => [tool, toolVersion(tool)]),
  ]) as Readonly<Record<string, string>>
}

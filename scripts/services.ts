// What tests and benchmarks need and npm cannot install: servers, and Chromium. See the usage below.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { areOnPath, lookups, requires, type RequirementName } from '../tests/support/requirements.ts'
import type { ServerName } from '../tests/support/servers/recipe.ts'
import { serverNames } from '../tests/support/servers/recipes.ts'
import { canInstall, install } from './install.ts'
import { down, forget, statusOf, up } from './services-local.ts'
import { root } from './workspaces.ts'

const names = Object.keys(lookups) as RequirementName[]
const usage = `usage: npm run services -- <command> [name…]

  status             what is here, what runs, where
  install [name…]    installs through apt (as root on Debian) and Maven: ${names.join(', ')}
  up [name…]         installs if need be and starts servers with data of their own below .holon/services:
                     ${serverNames.join(', ')}
  down [name…]       stops them; their data stays
  reset [name…]      stops them and deletes their data

Without names: all. Where nothing can be installed but Docker is there, up and down use Docker Compose.`

/** For what each lookup is told to look elsewhere. */
function explainMissing(missing: readonly RequirementName[]): void {
  console.error(`Missing: ${missing.join(', ')}. Only root with apt can install here (Kafka: Java and Maven suffice).`)
  console.error(
    `Install by hand, or name them by variable: ${missing.map((name) => lookups[name].variable).join(', ')}.`,
  )
}

async function status(): Promise<number> {
  const servers = await Promise.all(serverNames.map(statusOf))
  const rows = servers.map(({ name, state, url, pids, memoryMb }) => {
    const where = state === 'up' ? `${url}  pid ${pids.join(', ')}  ${memoryMb} MB` : ''
    return [name, requires(name).path ?? 'missing', state, where]
  })
  const chromium = requires('chromium').path ?? 'missing'
  const table = [['', 'installed', 'state', ''], ...rows, ['chromium', chromium, '', '']]
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  return 0
}

function installAll(wanted: readonly RequirementName[]): number {
  const missing = wanted.filter((name) => requires(name).path === undefined)
  const failed = [...missing.filter((name) => !canInstall(name)), ...install(missing.filter(canInstall))]
  if (failed.length > 0) explainMissing(failed)
  return failed.length === 0 ? 0 : 1
}

async function upAll(wanted: readonly ServerName[]): Promise<number> {
  const outOfReach = wanted.filter((name) => requires(name).path === undefined && !canInstall(name))
  if (outOfReach.length > 0 && areOnPath(['docker'])) return compose('up', '--detach', '--wait', ...wanted)
  if (installAll(wanted) !== 0) return 1
  const results = await Promise.allSettled(wanted.map(up))
  for (const result of results) if (result.status === 'rejected') console.error(String(result.reason))
  await status()
  return results.every((result) => result.status === 'fulfilled') ? 0 : 1
}

async function downAll(wanted: readonly ServerName[], options: { readonly reset: boolean }): Promise<number> {
  await Promise.all(wanted.map(down))
  if (options.reset) for (const name of wanted) forget(name)
  const elsewhere = wanted.some((name) => requires(name).path === undefined) && areOnPath(['docker'])
  return elsewhere ? compose(...(options.reset ? ['down', '--volumes'] : ['down']), ...wanted) : 0
}

function compose(...args: readonly string[]): number {
  const file = join(root, 'scripts/services.compose.yaml')
  return spawnSync('docker', ['compose', '--file', file, ...args], { stdio: 'inherit' }).status ?? 1
}

/** The names given, or all of them; undefined after saying which are unknown. */
function chosen<T extends string>(known: readonly T[], given: readonly string[]): readonly T[] | undefined {
  const unknown = given.filter((name) => !known.some((one) => one === name))
  if (unknown.length > 0) {
    console.error(`unknown: ${unknown.join(', ')}; known: ${known.join(', ')}`)
    return undefined
  }
  return given.length === 0 ? known : known.filter((name) => given.includes(name))
}

async function run(command: string | undefined, given: readonly string[]): Promise<number> {
  const servers = (): readonly ServerName[] | undefined => chosen(serverNames, given)
  if (command === 'status') return status()
  if (command === 'install') {
    const wanted = chosen(names, given)
    return wanted === undefined ? 2 : installAll(wanted)
  }
  const wanted = command === 'up' || command === 'down' || command === 'reset' ? servers() : undefined
  if (wanted === undefined) {
    console.error(usage)
    return 2
  }
  return command === 'up' ? upAll(wanted) : downAll(wanted, { reset: command === 'reset' })
}

const [command, ...rest] = process.argv.slice(2)
process.exitCode = await run(command, rest)

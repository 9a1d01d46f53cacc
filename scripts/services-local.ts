// Servers as processes of this machine, below `.holon/services/<name>`: configuration, data, log and the pids.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { requires } from '../tests/support/requirements.ts'
import { answers, untilReady } from '../tests/support/servers/probe.ts'
import type { Command, Place, ServerName } from '../tests/support/servers/recipe.ts'
import { recipes } from '../tests/support/servers/recipes.ts'
import { root } from './workspaces.ts'

const folder = join(root, '.holon/services')

export interface ServerStatus {
  readonly name: ServerName
  readonly installed: boolean
  readonly state: 'up' | 'down' | 'not answering' | 'another process has its port'
  readonly url: string
  readonly pids: readonly number[]
  readonly memoryMb: number
}

export async function statusOf(name: ServerName): Promise<ServerStatus> {
  const { fixedPorts, probe } = recipes[name]
  const pids = runningPids(name)
  const answering = await answers(fixedPorts[0], probe)
  const state =
    pids.length > 0 ? (answering ? 'up' : 'not answering') : answering ? 'another process has its port' : 'down'
  const memoryMb = Math.round(pids.map(residentKb).reduce((sum, kb) => sum + kb, 0) / 1024)
  return {
    name,
    installed: requires(name).path !== undefined,
    state,
    url: recipes[name].url(placeOf(name)),
    pids,
    memoryMb,
  }
}

/** Starts a server unless it is up already. Throws when it does not answer within a minute. */
export async function up(name: ServerName): Promise<void> {
  const recipe = recipes[name]
  const place = placeOf(name)
  const { state } = await statusOf(name)
  if (state === 'up') return
  if (state === 'another process has its port') throw new Error(`${name}: port ${recipe.fixedPorts[0]} is taken.`)
  await down(name)
  mkdirSync(place.folder, { recursive: true })
  recipe.prepare(place)
  const log = join(place.folder, 'server.log')
  const pids = recipe.commands(place).map((command) => launch(command, log))
  writeFileSync(pidFile(name), pids.map((pid) => `${pid} ${startedAt(pid)}\n`).join(''))
  const ended = (): string | undefined =>
    runningPids(name).length === pids.length ? undefined : `${name} ended; see ${log}`
  await untilReady(recipe.fixedPorts[0], recipe.probe, { timeoutMs: 60_000, ended })
}

/** Stops a server: SIGTERM, after 20 s SIGKILL. Its data stays. */
export async function down(name: ServerName): Promise<void> {
  for (const pid of runningPids(name).toReversed()) {
    process.kill(pid, 'SIGTERM')
    for (let waitedMs = 0; waitedMs < 20_000 && startedAt(pid) !== undefined; waitedMs += 50) await sleep(50)
    if (startedAt(pid) !== undefined) process.kill(pid, 'SIGKILL')
  }
  rmSync(pidFile(name), { force: true })
}

/** Deletes what a server has stored. It must be down. */
export function forget(name: ServerName): void {
  rmSync(join(folder, name), { recursive: true, force: true })
}

function placeOf(name: ServerName): Place {
  return { found: requires(name).path ?? '', folder: join(folder, name), ports: recipes[name].fixedPorts }
}

function pidFile(name: ServerName): string {
  return join(folder, `${name}.pids`)
}

function launch({ executable, args, environment }: Command, log: string): number {
  const output = openSync(log, 'a')
  try {
    const env = { ...process.env, ...environment }
    const child = spawn(executable, args, { detached: true, stdio: ['ignore', output, output], env })
    child.on('error', () => undefined)
    child.unref()
    if (child.pid === undefined) throw new Error(`${executable} could not be started.`)
    return child.pid
  } finally {
    closeSync(output)
  }
}

/** Those of the noted processes that still run. A pid that somebody else got since then is not ours. */
function runningPids(name: ServerName): readonly number[] {
  if (!existsSync(pidFile(name))) return []
  return readFileSync(pidFile(name), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const space = line.indexOf(' ')
      const pid = Number(line.slice(0, space))
      return startedAt(pid) === line.slice(space + 1) ? [pid] : []
    })
}

/** When a process started, as text to compare; undefined when it does not run. */
function startedAt(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const [state = 'Z', ...started] = stdout.trim().split(/\s+/)
  return state === '' || state.startsWith('Z') ? undefined : started.join(' ')
}

function residentKb(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()) || 0
}

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that npm does not have. Debian packages of the same name bring them, except where `remedy` says otherwise. */
const known = {
  taskset: { version: ['--version'], remedy: 'apt-get install util-linux' },
  wrk: { version: ['--version'], remedy: 'apt-get install wrk' },
  nginx: { version: ['-v'], remedy: 'apt-get install nginx-light' },
  haproxy: { version: ['-v'], remedy: 'apt-get install haproxy' },
  'redis-server': { version: ['--version'], remedy: 'apt-get install redis-server' },
  'nats-server': { version: ['--version'], remedy: 'apt-get install nats-server' },
} as const

export type Tool = keyof typeof known

/** Where the program is; undefined when it is not there. Administrators' folders are searched too. */
export function findTool(tool: Tool): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders
    .map((folder) => join(folder, tool))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Why a variant that needs the program cannot run. */
export function missingTool(tool: Tool): string {
  return `${tool} is not installed (${known[tool].remedy})`
}

/** The first version number that the program prints. */
export function toolVersion(tool: Tool): string {
  const path = findTool(tool)
  if (path === undefined) return 'missing'
  const { stdout, stderr } = spawnSync(path, known[tool].version, { encoding: 'utf8' })
  return /\d+\.\d+[\w.-]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown'
}

import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

/** What is known about who runs which code. */
export interface CodeMap {
  /** Folder of the app's configuration. */
  readonly folder: string
  readonly groups: readonly {
    readonly name: string
    readonly services: readonly string[]
    /** Files that its processes have loaded. */
    readonly loadedFiles: ReadonlySet<string>
    /** Whether it waits for a change, because it cannot start. */
    readonly failed: boolean
  }[]
  readonly serviceFolders: { readonly [service: string]: string }
  readonly processes: { readonly [name: string]: { readonly command: readonly string[] } }
}

/** What a change of files makes necessary. */
export interface RestartScope {
  /** The app may have changed: its configuration must be read again. */
  readonly app: boolean
  readonly groups: readonly string[]
  /** External processes. */
  readonly processes: readonly string[]
}

/**
 * Whom a change concerns: the processes that have loaded the file; the group of the service in whose folder it is; the
 * external process that names it in its command. A file that nobody knows concerns the whole app, unless it belongs to
 * a package of its own inside the app's folder (a front end, for instance).
 */
export function restartScope(files: readonly string[], code: CodeMap): RestartScope {
  const scopes = files.map((file) => scopeOf(file, code))
  const app = scopes.some((scope) => scope.app)
  const concerned = code.groups.filter(
    // A group that cannot start may have been waiting for this very change, wherever it is.
    ({ name, failed }) => app || failed || scopes.some((scope) => scope.groups.includes(name)),
  )
  return {
    app,
    groups: concerned.map(({ name }) => name),
    processes: Object.keys(code.processes).filter((name) => scopes.some((scope) => scope.processes.includes(name))),
  }
}

function scopeOf(file: string, code: CodeMap): RestartScope {
  const processes = Object.entries(code.processes)
    .filter(([, { command }]) => command.some((word) => join(code.folder, word) === file || word === file))
    .map(([name]) => name)
  const loaders = code.groups.filter(({ loadedFiles }) => loadedFiles.has(file))
  const owners = code.groups.filter(({ services }) =>
    services.some((name) => isInside(file, code.serviceFolders[name])),
  )
  const concerned = [...new Set([...loaders, ...owners])].map(({ name }) => name)
  // Every process loads the configuration, so a change to it, or to what it imports, concerns them all.
  const loadedByAll = loaders.length > 0 && loaders.length === code.groups.length
  if (loadedByAll) return { app: true, groups: [], processes }
  if (concerned.length > 0 || processes.length > 0) return { app: false, groups: concerned, processes }
  return { app: !inNestedPackage(file, code.folder), groups: [], processes }
}

function isInside(file: string, folder: string | undefined): boolean {
  return folder !== undefined && file.startsWith(folder + sep)
}

function inNestedPackage(file: string, folder: string): boolean {
  for (let above = dirname(file); isInside(above, folder); above = dirname(above))
    if (existsSync(join(above, 'package.json'))) return true
  return false
}

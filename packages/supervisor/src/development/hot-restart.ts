import { messageOf, type Observer, type Platform } from '@holon/contract'

import type { AppDescription } from '../fleet/app-description.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { type FileWatch, watchFiles } from './file-watch.ts'
import { type RestartScope, restartScope } from './restart-scope.ts'

export interface HotRestartOptions {
  readonly fleet: Fleet
  readonly platform: Platform
  readonly observer: Observer
  readonly dataFolder: string
  readonly describe: () => Promise<AppDescription>
  /** Makes the fleet of an app whose groups or processes have changed. The old one has stopped. */
  readonly replaceFleet: (app: AppDescription) => Fleet
}

// A developer waits for it; a call that runs longer is cut off.
const graceMs = 2_000

/** Restarts what a changed file concerns, one change after the other. */
export class HotRestart {
  readonly #options: HotRestartOptions
  #fleet: Fleet
  #watch: FileWatch | undefined
  #work: Promise<void> = Promise.resolve()
  readonly #changed = new Set<string>()
  #closed = false

  private constructor(options: HotRestartOptions) {
    this.#options = options
    this.#fleet = options.fleet
  }

  /** Resolves once changes are noticed. */
  static async start(options: HotRestartOptions): Promise<HotRestart> {
    const hotRestart = new HotRestart(options)
    hotRestart.#watch = await watchFiles({
      folder: options.fleet.app.folder,
      ignoredFolder: options.dataFolder,
      platform: options.platform,
      onChange: (files) => hotRestart.#enqueue(files),
      onError: (error) => options.observer.observe({ kind: 'fault', subject: 'file watch', error }),
    })
    return hotRestart
  }

  /** Files that an instance has loaded; those outside of the app's folder are watched too. */
  addFiles(files: readonly string[]): void {
    this.#watch?.add(files)
  }

  /** Resolves when no restart is under way any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#watch?.close()
    await this.#work
  }

  /** What changes while a restart is under way is dealt with together after it. */
  #enqueue(files: readonly string[]): void {
    const isFirst = this.#changed.size === 0
    for (const file of files) this.#changed.add(file)
    if (isFirst) this.#work = this.#work.then(() => this.#applyChanged())
  }

  async #applyChanged(): Promise<void> {
    const files = [...this.#changed]
    this.#changed.clear()
    try {
      await this.#apply(files)
    } catch (error) {
      this.#options.observer.observe({ kind: 'fault', subject: 'hot restart', error })
    }
  }

  async #apply(files: readonly string[]): Promise<void> {
    if (this.#closed) return
    const fleet = this.#fleet
    const groups = fleet.groups.map(({ name, plan: { services }, loadedFiles, replicas }) => {
      const failed = replicas.some(({ kept: { state } }) => state.phase === 'halted' || state.phase === 'backing-off')
      return { name, services, loadedFiles, failed }
    })
    const { folder, serviceFolders, processes } = fleet.app
    const scope = restartScope(files, { folder, groups, serviceFolders, processes })
    if (!scope.app && scope.groups.length === 0 && scope.processes.length === 0) return
    this.#announce(files, scope)
    if (scope.app && (await this.#replaced())) return
    await fleet.restartExternals(scope.processes, graceMs)
    await fleet.restartGroups(scope.groups, graceMs)
  }

  /** Whether the app as it is now needs other processes than those that run; if so, they have been replaced. */
  async #replaced(): Promise<boolean> {
    const { describe, replaceFleet, observer } = this.#options
    let app: AppDescription
    try {
      app = await describe()
    } catch (error) {
      // What runs goes on until the next change. The message says all: where it was thrown is no place of the user's.
      observer.observe({ kind: 'fault', subject: 'hot restart', error: messageOf(error) })
      return true
    }
    if (JSON.stringify(app) === JSON.stringify(this.#fleet.app) || this.#closed) return false
    await this.#fleet.stop(graceMs)
    if (this.#closed) return true
    this.#fleet = replaceFleet(app)
    // What cannot start has been observed, and waits for the next change.
    await this.#fleet.start()
    return true
  }

  #announce(files: readonly string[], scope: RestartScope): void {
    const { folder } = this.#fleet.app
    const shown = files.map((file) => (file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file))
    const some = shown.length > 3 ? `${shown.slice(0, 3).join(', ')} and ${shown.length - 3} more` : shown.join(', ')
    const message = `${some} changed; restarting ${[...scope.processes, ...scope.groups].join(', ')}`
    const fields = undefined
    this.#options.observer.observe({ kind: 'log', service: 'holon', level: 'info', message, fields, call: undefined })
  }
}

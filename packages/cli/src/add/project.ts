import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import { parseSource, type Source } from './code/source.ts'

/** One file as it will be. */
export interface Change {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  /** Undefined: there is no such file yet. */
  readonly before: string | undefined
  readonly after: string
}

/** The files of a project, with what is to become of them. Nothing is written before `write`. */
export class Project {
  readonly folder: string
  readonly #before = new Map<string, string | undefined>()
  readonly #after = new Map<string, string>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** A path as messages show it. */
  shown(path: string): string {
    return relative(this.folder, path).split(sep).join('/')
  }

  exists(path: string): boolean {
    return this.#after.has(path) || existsSync(path)
  }

  /** A file of the project, as it will be so far. */
  read(path: string): Source {
    const text = this.#after.get(path) ?? readFileSync(path, 'utf8')
    if (!this.#before.has(path)) this.#before.set(path, text)
    return parseSource(path, text)
  }

  edit(path: string, change: (source: Source) => Source): void {
    this.#after.set(path, change(this.read(path)).text)
  }

  /** @throws CommandFailure if there is such a file. */
  create(path: string, text: string): void {
    if (this.exists(path))
      throw new CommandFailure(
        exitCodes.failed,
        `${this.shown(path)} is there already. Move it away, or choose another name. Nothing was changed.`,
      )
    this.#before.set(path, undefined)
    this.#after.set(path, text)
  }

  /** What will be new or different, in the order in which it was asked for. */
  changes(): readonly Change[] {
    return [...this.#after]
      .map(([path, after]) => ({ path: this.shown(path), before: this.#before.get(path), after }))
      .filter(({ before, after }) => before !== after)
  }

  async write(): Promise<void> {
    for (const [path, text] of this.#after) {
      await mkdir(dirname(path), { recursive: true })
      // Not over a file that somebody has made meanwhile.
      await writeFile(path, text, { flag: this.#before.get(path) === undefined ? 'wx' : 'w' })
    }
  }
}

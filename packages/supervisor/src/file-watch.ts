import { basename } from 'node:path'

import type { Platform, Timer } from '@holon/contract'

export interface FileWatch {
  /** Watches these files too, if they are outside of the folder. */
  add(files: readonly string[]): void
  close(): Promise<void>
}

export interface FileWatchOptions {
  readonly folder: string
  /** Never watched, in addition to `node_modules` and the like. */
  readonly ignoredFolder: string
  readonly platform: Platform
  /** Called with the files that changed, once no more have changed for a moment. */
  readonly onChange: (files: readonly string[]) => void
  readonly onError: (error: unknown) => void
}

const ignoredFolders: ReadonlySet<string> = new Set(['node_modules', '.holon', 'dist', '.git', 'coverage'])

// Editors save in several steps and version control changes many files: one restart for all of it.
const quietMs = 80

/** Watches an app's folder. Resolves once changes are noticed. */
export async function watchFiles(options: FileWatchOptions): Promise<FileWatch> {
  const { folder, ignoredFolder, platform, onChange, onError } = options
  // Loaded here because only development needs it.
  const { watch } = await import('chokidar')
  const watcher = watch(folder, {
    ignoreInitial: true,
    ignored: (path) => path === ignoredFolder || (path !== folder && isIgnored(basename(path))),
  })
  const changed = new Set<string>()
  let timer: Timer | undefined
  watcher.on('all', (event, path) => {
    if (event !== 'add' && event !== 'change' && event !== 'unlink') return
    changed.add(path)
    timer?.cancel()
    timer = platform.setTimer(() => {
      const files = [...changed]
      changed.clear()
      onChange(files)
    }, quietMs)
  })
  watcher.on('error', onError)
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve)
  })
  return {
    add(files) {
      const outside = files.filter((file) => !file.startsWith(`${folder}/`))
      if (outside.length > 0) watcher.add(outside)
    },
    async close() {
      timer?.cancel()
      await watcher.close()
    },
  }
}

function isIgnored(name: string): boolean {
  // Temporary files of editors.
  return ignoredFolders.has(name) || name.endsWith('~') || name.endsWith('.swp') || name.startsWith('.#')
}

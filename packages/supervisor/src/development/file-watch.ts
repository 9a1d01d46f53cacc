import { existsSync } from 'node:fs'
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
  const changes = new Map<string, 'new' | 'old'>()
  // What came and went meanwhile was somebody's temporary file, whatever its name; that it went is told later.
  const vanished = new Set<string>()
  let timer: Timer | undefined
  const tell = (): void => {
    for (const [file, kind] of changes) if (kind === 'new' && !existsSync(file)) vanished.add(file)
    const files = [...changes.keys()].filter((file) => !vanished.has(file))
    changes.clear()
    if (files.length > 0) onChange(files)
  }
  watcher.on('all', (event, path) => {
    if (event !== 'add' && event !== 'change' && event !== 'unlink') return
    if (vanished.delete(path) && event === 'unlink') return
    changes.set(path, changes.get(path) ?? (event === 'add' ? 'new' : 'old'))
    timer?.cancel()
    timer = platform.setTimer(tell, quietMs)
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

/** Files that programs keep for themselves while somebody edits. */
const temporaryFiles: readonly RegExp[] = [
  /~$/, // backups of many editors
  /^\..*\.sw[a-z]$|^4913$/, // vim: what is being edited, and whether one may write here
  /^\.#|^#.*#$/, // Emacs: locks, and what was not saved yet
  /^sed[A-Za-z0-9]{6}$/, // sed -i
  /___jb_(tmp|old)___$/, // JetBrains
  /^\.goutputstream-|\.kate-swp$/, // GNOME, KDE
  /\.(tmp|temp)(\.[^.]+)*$|\.tmp-/, // whoever writes beside a file and then takes its place
  /^\.DS_Store$/, // the Finder
]

function isIgnored(name: string): boolean {
  return ignoredFolders.has(name) || temporaryFiles.some((pattern) => pattern.test(name))
}

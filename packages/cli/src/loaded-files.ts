import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Tells the user's files as they are loaded, in batches: everything but what npm has installed. */
export function watchLoadedFiles(onLoaded: (files: readonly string[]) => void): void {
  let batch: string[] = []
  registerHooks({
    load(url, context, nextLoad) {
      if (url.startsWith('file:') && !url.includes('/node_modules/')) {
        if (batch.length === 0) queueMicrotask(flush)
        batch.push(fileURLToPath(url))
      }
      return nextLoad(url, context)
    },
  })
  const flush = (): void => {
    const files = batch
    batch = []
    onLoaded(files)
  }
}

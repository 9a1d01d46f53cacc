import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

// Holon's own packages, wherever they are: with the app's they would only restart it while Holon itself is worked on.
const own = new URL('../../', import.meta.resolve('@holon/contract')).href

/** Tells the user's files as they are loaded, in batches: everything but what npm has installed. */
export function watchLoadedFiles(onLoaded: (files: readonly string[]) => void): void {
  let batch: string[] = []
  registerHooks({
    load(url, context, nextLoad) {
      if (url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(own)) {
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

import { once } from 'node:events'
import type { ReadStream } from 'node:fs'

import { fieldOf, type Observer } from '@holon/contract'

import type { Exchange } from './exchange.ts'

export interface FileInTransit {
  /** How many bytes have been promised of it. */
  readonly bytes: number
  readonly exchange: Exchange
  readonly observer: Observer
}

/**
 * Resolves when a file is open, before anything of its answer is sent; what fails later is observed, for the client can
 * only be told by the end of its connection. So is one that has become shorter since it was looked at: what came next on
 * the connection would be taken for the rest of it.
 *
 * @throws the system's error where it cannot be opened.
 */
export async function watchFile(file: ReadStream, { bytes, exchange, observer }: FileInTransit): Promise<void> {
  if (file.pending) await once(file, 'open')
  file.on('error', (error) => {
    // Others tell that the client has left.
    if (fieldOf(error, 'syscall') !== undefined) observer.observe({ kind: 'fault', subject: 'gateway', error })
  })
  // Before whoever ends the answer hears of it.
  file.once('end', () => {
    if (file.bytesRead !== bytes) exchange.response.destroy()
  })
}

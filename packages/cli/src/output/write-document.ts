import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import type { Host } from '../host.ts'

/** Prints a document as JSON or, where `out` names a file, writes it there and says so. */
export async function writeDocument(host: Host, document: unknown, out: string | undefined): Promise<void> {
  const text = `${JSON.stringify(document, undefined, 2)}\n`
  if (out === undefined) return host.stdout.write(text)
  await writeFile(resolve(host.folder, out), text)
  // The file may be standard output under another name.
  host.stderr.write(`written: ${out}\n`)
}

import { toAsyncApi } from '@holon/events'
import { findConfig, loadConfig, loadDefinitions } from '@holon/host'

import { type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { writeDocument } from '../output/write-document.ts'

interface AsyncApiOptions {
  readonly config?: string
  readonly out?: string
}

export async function asyncApiCommand(host: Host, { config, out }: AsyncApiOptions): Promise<ExitCode> {
  host.keepStdoutClean()
  const app = await loadConfig(findConfig(host.folder, config))
  const definitions = await loadDefinitions(app)
  const info = app.gateway?.info
  const document = toAsyncApi(
    [...definitions.values()].map(({ contract }) => contract),
    { title: info?.title ?? app.name, version: info?.version ?? '0.0.0', description: info?.description },
  )
  await writeDocument(host, document, out)
  return exitCodes.ok
}

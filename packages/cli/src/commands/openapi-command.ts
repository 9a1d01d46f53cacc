import { toOpenApi } from '@holon/contract/openapi'
import { findConfig, loadConfig } from '@holon/host'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { writeDocument } from '../output/write-document.ts'

interface OpenApiOptions {
  readonly config?: string
  readonly out?: string
}

export async function openApiCommand(host: Host, { config, out }: OpenApiOptions): Promise<ExitCode> {
  host.keepStdoutClean()
  const { name, gateway } = await loadConfig(findConfig(host.folder, config))
  if (gateway === undefined)
    throw new CommandFailure(exitCodes.failed, `'${name}' has no gateway, so it exposes nothing.`)
  const { expose, info, prefix, auth } = gateway
  const document = toOpenApi(expose, {
    title: info?.title ?? name,
    version: info?.version ?? '0.0.0',
    description: info?.description,
    prefix,
    auth: auth !== undefined,
  })
  await writeDocument(host, document, out)
  return exitCodes.ok
}

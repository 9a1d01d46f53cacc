import { isServiceError, type Operation, type ServiceError } from '@holon/contract'
import type { PeerListing } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type AppDefinition, type Instance, startInstance, systemPlatform } from '@holon/runtime'
import { plainText } from '@holon/telemetry'

import { askSupervisor } from './admin-client.ts'
import { findConfig, loadConfig } from './config-file.ts'
import { dataFolderOf } from './data-folder.ts'
import { CommandFailure, type ExitCode, exitCodes } from './exit-code.ts'
import type { Host } from './host.ts'
import { loadDefinitions } from './load-definitions.ts'
import { nearest } from './nearest.ts'

interface CallOptions {
  readonly operation: string
  readonly input: unknown
  readonly config?: string
  readonly data?: string
  readonly timeout?: number
  readonly json?: boolean
}

interface Registry {
  readonly linkSecret: string
  readonly peers: readonly PeerListing[]
}

const caller = 'cli'

export async function callCommand(host: Host, options: CallOptions): Promise<ExitCode> {
  host.keepStdoutClean()
  const path = findConfig(host.folder, options.config)
  const registry = (await askSupervisor(dataFolderOf(host, options.data, path), '/api/registry')) as Registry
  const app = await loadConfig(path)
  const operation = await findOperation(app, options.operation)
  const instance = await startCaller(app, operation.service, registry.linkSecret)
  try {
    instance.setPeers(registry.peers)
    await call(host, instance, { ...options, operation })
    return exitCodes.ok
  } catch (error) {
    if (!isServiceError(error)) throw error
    host.stderr.write(options.json === true ? `${JSON.stringify(error)}\n` : show(error))
    return exitCodes.callFailed
  } finally {
    await instance.stop(0)
  }
}

/** An instance without services: it only calls. */
function startCaller(app: AppDefinition, service: string, linkSecret: string): Promise<Instance> {
  const platform = systemPlatform()
  return startInstance({
    app,
    services: [],
    callers: [{ name: caller, uses: [service] }],
    instance: `cli-${Buffer.from(platform.randomBytes(4)).toString('hex')}`,
    platform,
    network: nodeNetwork(),
    // What goes wrong with a link is told by the call.
    observer: { observe: () => undefined },
    environment: {},
    provision: () => Promise.reject(new Error('The command line has no store.')),
    listen: undefined,
    linkSecret,
  })
}

interface Call extends Omit<CallOptions, 'operation'> {
  readonly operation: Operation
}

async function call(host: Host, instance: Instance, { operation, input, timeout }: Call): Promise<void> {
  const invoker = instance.invoker(caller)
  const origin = timeout === undefined ? {} : { timeoutMs: timeout }
  if (operation.compiled.clientStream !== undefined)
    throw new CommandFailure(exitCodes.usage, `${operation.id} takes a stream of items, which cannot be given here.`)
  if (operation.compiled.serverStream === undefined) {
    const output = await invoker.call(operation, input, origin)
    if (output !== undefined)
      host.stdout.write(`${JSON.stringify(output, undefined, host.stdout.isTerminal ? 2 : 0)}\n`)
    return
  }
  for await (const item of invoker.stream(operation, input, origin)) host.stdout.write(`${JSON.stringify(item)}\n`)
}

async function findOperation(app: AppDefinition, id: string): Promise<Operation> {
  const [service = '', name = '', ...rest] = id.split('.')
  if (name === '' || rest.length > 0)
    throw new CommandFailure(
      exitCodes.usage,
      `'${id}' is no operation; write service.operation, for instance orders.get.`,
    )
  if (!Object.hasOwn(app.services, service))
    throw new CommandFailure(
      exitCodes.usage,
      `There is no service '${service}'.${nearest(service, Object.keys(app.services))}`,
    )
  const contract = (await loadDefinitions(app, [service])).get(service)?.contract
  const operation = contract?.operations[name]
  if (operation !== undefined) return operation
  const names = Object.keys(contract?.operations ?? {})
  throw new CommandFailure(exitCodes.usage, `'${service}' has no operation '${name}'.${nearest(name, names)}`)
}

function show(error: ServiceError): string {
  const { code, message, failure, issues } = error
  const lines = [
    `${code}: ${message}`,
    ...(failure === undefined ? [] : [`  ${failure.name} ${JSON.stringify(failure.data)}`]),
    ...(issues ?? []).map((issue) => `  ${issue.path.join('.') || 'input'}: ${issue.message}`),
  ]
  return `${lines.map(plainText).join('\n')}\n`
}

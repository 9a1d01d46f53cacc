import type { AppDefinition } from '@holon/app'
import { type Identity, isServiceError, type Operation, type ServiceError } from '@holon/contract'
import { loadDefinitions } from '@holon/host'
import type { Instance } from '@holon/runtime'
import { plainText } from '@holon/telemetry'

import { CommandFailure, type ExitCode, exitCodes } from '../exit-code.ts'
import type { Host } from '../host.ts'
import { type AppConnection, cliCaller, connectToApp } from '../reach/app-connection.ts'
import { nearest } from './nearest.ts'

interface CallOptions {
  readonly operation: string
  readonly input: unknown
  readonly config?: string
  readonly data?: string
  readonly timeout?: number
  /** The subject that the call is made for. */
  readonly as?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly json?: boolean
}

/** How long an app that is starting is waited for, where the call has no time limit of its own. */
const startingMs = 30_000

export async function callCommand(host: Host, options: CallOptions): Promise<ExitCode> {
  host.keepStdoutClean()
  const connection = await connectToApp(host, options)
  const operation = await findOperation(connection.app, options.operation)
  const identity = identityOf(options, connection)
  await connection.started(operation.service, options.timeout ?? startingMs)
  const instance = await connection.open([operation.service])
  try {
    await call(host, instance, { ...options, operation, identity })
    return exitCodes.ok
  } catch (error) {
    if (!isServiceError(error)) throw error
    host.stderr.write(options.json === true ? `${JSON.stringify(error)}\n` : showError(error))
    if (error.code === 'unauthenticated' && identity === undefined) host.stderr.write(`${signInRemedy(connection)}\n`)
    return exitCodes.callFailed
  } finally {
    await instance.stop(0)
  }
}

/** For whom the call is made. Only where a developer runs the app: elsewhere nobody acts for a user without his token. */
function identityOf({ as: subject, claims }: CallOptions, { app, development }: AppConnection): Identity | undefined {
  if (subject === undefined && claims === undefined) return undefined
  if (subject === undefined || subject === '')
    throw new CommandFailure(exitCodes.usage, 'Whose claims are these? Name the user with --as <subject>.')
  if (!development)
    throw new CommandFailure(exitCodes.usage, `--as is for apps that 'holon dev' runs. ${askTheGateway}`)
  // As the gateway would have it, for services that look at it.
  return { subject, issuer: app.gateway?.auth?.issuer ?? 'holon call', claims: claims ?? {} }
}

const askTheGateway = 'Ask the gateway, with a token of the user.'

function signInRemedy({ development }: AppConnection): string {
  return development
    ? "It needs a user: say for whom with --as <subject>, and what else a token says with --claims '{…}'."
    : `It needs a user. ${askTheGateway}`
}

interface Call extends Omit<CallOptions, 'operation' | 'as' | 'claims'> {
  readonly operation: Operation
  readonly identity: Identity | undefined
}

async function call(host: Host, instance: Instance, { operation, input, timeout, identity }: Call): Promise<void> {
  const invoker = instance.invoker(cliCaller)
  const origin = { identity, ...(timeout !== undefined && { timeoutMs: timeout }) }
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
  const operations = contract?.operations ?? {}
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation !== undefined) return operation
  const names = Object.keys(operations)
  throw new CommandFailure(exitCodes.usage, `'${service}' has no operation '${name}'.${nearest(name, names)}`)
}

export function showError(error: ServiceError): string {
  const { code, message, failure, issues } = error
  const lines = [
    `${code}: ${message}`,
    ...(failure === undefined ? [] : [`  ${[failure.name, JSON.stringify(failure.data)].join(' ').trimEnd()}`]),
    ...(issues ?? []).map((issue) => `  ${issue.path.join('.') || 'input'}: ${issue.message}`),
  ]
  return `${lines.map(plainText).join('\n')}\n`
}

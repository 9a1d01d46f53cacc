import type { Contract, Platform } from '@holon/contract'
import { randomId } from '@holon/contract/platform'

import { callOperation } from './call-operation.ts'
import type { ClientOptions, RequestOptions } from './client-options.ts'
import { type Connection, connectionOf } from './connection.ts'
import type { PreparedCall } from './exchange.ts'
import type { HttpClient } from './http-client.ts'
import type { LightContract, LightOperation } from './light-contract.ts'
import { unreachable } from './refusals.ts'
import { requestWriter } from './request-writer.ts'
import { StreamedItems } from './streamed-items.ts'

/**
 * Makes a client of a contract that calls its operations through the gateway: the same methods, answers and errors as
 * those of the client that a service has. Queries, and commands with an idempotency key, are repeated when no answer
 * comes, or one that may pass (408, 429, 502, 503, 504).
 *
 * Answers are taken as they come: the service has checked them by the contract. Inputs are checked there, too; here only
 * that HTTP carries them as they are.
 *
 * @param contract A contract, or what `lightContract` makes of one: `createClient<typeof orders>(light)`.
 *
 * @example
 * const client = createClient(orders, { baseUrl: 'https://shop.example/api', token: () => session.token })
 * const order = await client.place({ sku: 'p-1' }, { idempotencyKey: true })
 * for await (const step of client.follow({ id: order.id })) console.log(step)
 */
export function createClient<C extends Contract>(
  contract: C | LightContract,
  options: ClientOptions = {},
): HttpClient<C> {
  const connection = connectionOf(options)
  const operations: LightContract['operations'] = contract.operations
  const methods: Record<string, Method> = {}
  for (const [name, operation] of Object.entries(operations)) methods[name] = methodOf(operation, connection)
  // Each operation has got the method that its type says.
  return methods as HttpClient<C>
}

type Method = (input?: unknown, options?: RequestOptions) => unknown

function methodOf(operation: LightOperation, connection: Connection): Method {
  const { id, compiled } = operation
  const write = requestWriter(operation)
  const takesItems = compiled.clientStream !== undefined
  if (write === undefined || takesItems)
    return () => {
      // Not a promise: of a stream nobody would await it.
      throw unreachable(id, takesItems)
    }
  const isStream = compiled.serverStream !== undefined
  const prepare = (input: unknown, options: RequestOptions): PreparedCall => ({
    operation,
    request: write(input),
    options,
    idempotencyKey: keyOf(options, connection.platform),
    accept: isStream ? 'text/event-stream' : 'application/json',
  })
  if (isStream) return (input, options = {}) => new StreamedItems(connection, () => prepare(input, options))
  return async (input, options = {}) => callOperation(connection, prepare(input, options))
}

/** Chosen once for a call: its repetitions have the same. */
function keyOf({ idempotencyKey }: RequestOptions, platform: Platform): string | undefined {
  return idempotencyKey === true ? randomId(platform, 16) : idempotencyKey
}

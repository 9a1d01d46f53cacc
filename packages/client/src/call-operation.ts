import { valueOf } from './answers.ts'
import type { Connection } from './connection.ts'
import { beginExchange, type PreparedCall, readAnswer, send } from './exchange.ts'
import { withRetries } from './retries.ts'

/** Of a contract that does not say. */
const defaultTimeoutMs = 10_000
/** So that, where the operation's own limit passes, the answer that says so still arrives. */
const wayMs = 5000

/** Calls an operation that answers with one value. */
export async function callOperation(connection: Connection, call: PreparedCall): Promise<unknown> {
  const { timeoutMs = defaultTimeoutMs } = call.operation.compiled
  const exchange = beginExchange(connection, call, connection.timeoutMs ?? timeoutMs + wayMs)
  try {
    return await withRetries(exchange, async () => {
      const response = await send(exchange)
      return valueOf(await readAnswer(response, exchange), exchange.asked, call.operation)
    })
  } finally {
    exchange.pending.settle()
  }
}

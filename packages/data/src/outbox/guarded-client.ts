import type { PoolClient } from 'pg'

import { lateStatement } from '../ending-transaction.ts'

/** A connection of `pg` for the length of one transaction. */
export interface GuardedClient {
  readonly client: PoolClient
  /** From now on it sends nothing but commit and rollback. What was sent before precedes them. */
  readonly end: () => void
}

/**
 * The connection is somebody else's after the transaction, and no transaction at all between its end and its release: a
 * statement that came then, from work that goes on after an abort or that nobody waited for, would commit by itself. A
 * commit of a transaction that one of its statements has ended is answered with success by the server; here it fails.
 */
export function guardedClient(client: PoolClient): GuardedClient {
  const send: unknown = Reflect.get(client, 'query')
  if (typeof send !== 'function') throw new TypeError('This is no connection of pg: it has no query().')
  let ended = false
  const query = (...parameters: unknown[]): unknown => {
    const text = textOf(parameters[0])
    if (ended && text !== 'commit' && text !== 'rollback') return refused(parameters)
    const sent: unknown = Reflect.apply(send, client, parameters)
    return text === 'commit' && sent instanceof Promise ? sent.then(assertCommitted) : sent
  }
  const guarded = new Proxy(client, {
    get(target, property) {
      if (property === 'query') return query
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, target, args) : value
    },
  })
  return {
    client: guarded,
    end() {
      ended = true
    },
  }
}

function textOf(statement: unknown): unknown {
  return typeof statement === 'object' && statement !== null && 'text' in statement ? statement.text : statement
}

/** As a promise; what is told of its end in another way (a callback, a cursor) is not begun at all. */
function refused(parameters: readonly unknown[]): Promise<never> {
  const [statement] = parameters
  const submittable = typeof statement === 'object' && statement !== null && 'submit' in statement
  if (submittable || parameters.some((parameter) => typeof parameter === 'function')) throw lateStatement()
  return Promise.reject(lateStatement())
}

function assertCommitted<R>(result: R): R {
  if (typeof result === 'object' && result !== null && 'command' in result && result.command === 'ROLLBACK') {
    throw new Error('The transaction was rolled back: one of its statements had failed.')
  }
  return result
}

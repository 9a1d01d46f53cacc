import { type Items, ServiceError } from '@holon/contract'
import type { Call } from './call.ts'
import { initialCredit, ProtocolViolation } from './frames.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import type { Exchange, LinkClient } from './link-client.ts'

/** Makes a call over a link that answers with one value. Rejects only with `ServiceError`s. */
export function callOverLink(link: LinkClient, call: Call, input: unknown, items: Items<unknown> | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const pump = items && new ItemPump()
    const over = (): void => {
      off()
      pump?.stop()
    }
    const exchange: Exchange = {
      onResponse: (value) => {
        over()
        if (link.agrees(call.start.operation)) resolve(value)
        else resolve(checked(call, value, 'output'))
      },
      onError: (error) => {
        over()
        reject(error)
      },
      onItem: () => unexpected('an item'),
      onEnd: () => unexpected('an end'),
      onCredit: (count) => pump?.grant(count),
    }
    const id = link.begin(call, input, exchange, items !== undefined)
    const off = call.onCancel((reason) => {
      link.abandon(id, exchange)
      pump?.stop()
      reject(reason)
    })
    if (pump && items) pumpItems(link, id, exchange, { pump, items, call })
  })
}

/** Makes a call over a link that answers with items. The request leaves when the first item is asked for. */
export async function* streamOverLink(link: LinkClient, call: Call, input: unknown, items: Items<unknown> | undefined): AsyncGenerator<unknown> {
  const pump = items && new ItemPump()
  let taken = 0
  const onTaken = (): void => {
    taken++
    if (taken < initialCredit / 2 || !link.waits(id, exchange)) return
    link.sendCredit(id, taken)
    taken = 0
  }
  const queue = new ItemQueue(onTaken, () => {})
  const exchange: Exchange = {
    onResponse: () => unexpected('a response'),
    onError: (error) => queue.fail(error),
    onItem: (value) => {
      if (queue.length > initialCredit) throw new ProtocolViolation('the peer sends more items than it was given credit for')
      queue.push(value)
    },
    onEnd: () => queue.end(),
    onCredit: (count) => pump?.grant(count),
  }
  const id = link.begin(call, input, exchange, items !== undefined)
  const off = call.onCancel((reason) => {
    link.abandon(id, exchange)
    queue.fail(reason, true)
  })
  if (pump && items) pumpItems(link, id, exchange, { pump, items, call })
  const agrees = link.agrees(call.start.operation)
  try {
    for await (const item of queue) yield agrees ? item : await checked(call, item, 'serverStream')
  } finally {
    off()
    pump?.stop()
    link.abandon(id, exchange)
  }
}

function unexpected(what: string): never {
  throw new ProtocolViolation(`${what} came for a call that answers otherwise`)
}

function pumpItems(link: LinkClient, id: number, exchange: Exchange, { pump, items, call }: { pump: ItemPump; items: Items<unknown>; call: Call }): void {
  const send = (item: unknown): void => {
    if (link.waits(id, exchange)) link.sendItem(id, item, `An item sent to ${call.operation}`)
  }
  pump.run(items, send).then(
    (how) => {
      if (how === 'ended' && link.waits(id, exchange)) link.sendEnd(id)
    },
    (error: unknown) => {
      if (!link.waits(id, exchange)) return
      link.abandon(id, exchange)
      exchange.onError(error instanceof ServiceError ? error : new ServiceError('cancelled', `The items for ${call.operation} ended with an error.`, { cause: error }))
    },
  )
}

/** A value of a peer whose contract differs is checked against this side's. */
async function checked(call: Call, value: unknown, part: 'output' | 'serverStream'): Promise<unknown> {
  const schema = call.start.operation.compiled[part]
  if (schema === undefined) return undefined
  const parsed = await schema.parse(value)
  if (parsed.issues === undefined) return parsed.value
  const { path, message } = parsed.issues[0] ?? { path: [], message: 'unknown' }
  throw new ServiceError('internal', `${call.operation} answered with a value that this caller's version of the contract refuses: ${[path.join('.'), message].filter(Boolean).join(': ')}.`)
}

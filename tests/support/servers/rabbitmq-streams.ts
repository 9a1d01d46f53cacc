import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { rabbitmqEvaluation } from './rabbitmq.ts'
import type { PrivateServer } from './start-server.ts'

/** Where all is well they are back within a second. */
const stuckAfterMs = 5_000
const withinMs = 60_000

/** Streams that are on the disk and that nobody can use yet, or any more. From 3.11 on none stays like that. */
const missing = `
  case rabbit_misc:version() of
    "3.10." ++ _ -> [element(4, amqqueue:get_name(Queue)) || Queue <- rabbit_amqqueue:list_by_type(rabbit_stream_queue),
      mnesia:dirty_read(rabbit_queue, amqqueue:get_name(Queue)) =:= []];
    _ -> []
  end.`

/**
 * Resolves when a RabbitMQ that was started again has entered its streams: it takes connections before. Streams that 3.10
 * does not find again (https://github.com/rabbitmq/rabbitmq-server/issues/6179) are freed as docs/reference/buses.md tells
 * operators to do, which is what 3.11 does itself with each start.
 */
export async function untilStreamsAreBack(server: PrivateServer): Promise<void> {
  const startMs = Date.now()
  for (let freed = false; ;) {
    const streams = await missingStreams(server)
    if (streams === '[]') return
    const waitedMs = Date.now() - startMs
    if (waitedMs > withinMs) throw new Error(`RabbitMQ does not find these streams again: ${streams}`)
    if (!freed && waitedMs > stuckAfterMs) {
      console.log(`RabbitMQ does not find these streams again, they are freed: ${streams}`)
      await freeStreams(server)
      freed = true
    }
    await sleep(100)
  }
}

/** An Erlang list of their names. */
export function missingStreams(server: PrivateServer): Promise<string> {
  return evaluate(server, missing)
}

/** Does what the documentation says. */
async function freeStreams(server: PrivateServer): Promise<void> {
  const page = readFileSync(new URL('../../../docs/reference/buses.md', import.meta.url), 'utf8')
  const expression = /rabbitmqctl eval '([^']+)'/u.exec(page)?.[1]
  if (expression === undefined) throw new Error('docs/reference/buses.md does not say how streams are freed.')
  await evaluate(server, expression)
}

/** The value of an Erlang expression in the server, as Erlang prints it. */
export async function evaluate({ place }: PrivateServer, expression: string): Promise<string> {
  const { executable, args, environment } = rabbitmqEvaluation(place, expression)
  const env = { ...process.env, ...environment }
  const { stdout } = await promisify(execFile)(executable, args, { env, timeout: 60_000 })
  return stdout.trim()
}

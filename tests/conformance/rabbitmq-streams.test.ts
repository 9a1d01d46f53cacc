import { messageOf } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { rabbitmqBus } from '@holon/events/rabbitmq-bus'
import { expect, it } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { evaluate, missingStreams, untilStreamsAreBack } from '../support/servers/rabbitmq-streams.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { acknowledging, publishUntilTaken, useBus } from './bus-bench.ts'

/** Keeps the server from noting which processes serve its streams, as a busy disk does, and ends these processes. */
const loseWriters = `
  Streams = rabbit_amqqueue:list_by_type(rabbit_stream_queue),
  spawn(fun() -> mnesia:transaction(fun() ->
    [mnesia:lock({table, Table}, write) || Table <- [rabbit_durable_queue, rabbit_queue]], timer:sleep(60000) end) end),
  timer:sleep(200),
  [exit(amqqueue:get_pid(Queue), kill) || Queue <- Streams].`
/** Whether it waits for that note; then it stores that it does, which it does now and then. Otherwise it would begin again. */
const waitsForEver = `
  {ok, {{Applied, _}, State}, _} = ra:local_query({rabbit_stream_coordinator, node()}, fun(State) -> State end),
  Id = ra_directory:uid_of(coordination, rabbit_stream_coordinator),
  string:find(io_lib:format("~p", [State]), "{updating,") =/= nomatch andalso
    ra_log_meta:store_sync(ra_coordination_log_meta, Id, last_applied, Applied) =:= ok.`

const told = /down or inaccessible.*RabbitMQ 3\.10 does not find again/u

describeWith('rabbitmq', 'streams that RabbitMQ 3.10 does not find again', () => {
  let server: PrivateServer
  const bench = useBus(
    async () => {
      server = await startServer('rabbitmq')
      const { url } = server
      return {
        connect: () => Promise.resolve(rabbitmqBus({ platform: systemPlatform(), url, partitions: 2 })),
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 30_000 },
  )

  it('are told with the remedy, which gives them back with all that is in them', async ({ skip }) => {
    const version = await evaluate(server, 'rabbit_misc:version().')
    skip(!version.startsWith('"3.10.'), 'RabbitMQ 3.11 and later find their streams again')
    const { fresh, connect, join, message, until } = bench
    const bus = await fresh()
    const messages = ['a', 'b', 'c', 'd'].map((key) => message(key))
    await bus.publish(messages)

    await evaluate(server, loseWriters)
    await expect.poll(() => evaluate(server, waitsForEver), { timeout: 30_000 }).toBe('true')
    await server.kill()
    await server.start()
    const late = message('a')
    const refusal = async (): Promise<string> => bus.publish([late]).then(() => 'stored', messageOf)
    await expect.poll(refusal, { timeout: 30_000 }).toMatch(told)
    await expect(join(await connect(), acknowledging())).rejects.toThrow(told)
    expect(await missingStreams(server)).toContain(bench.topic)

    await untilStreamsAreBack(server)
    await publishUntilTaken(bus, [late])
    const receiver = acknowledging()
    await join(bus, receiver, { start: 'all' })
    await until(() => new Set(receiver.ids), new Set([...messages, late].map(({ id }) => id)))
    expect(await missingStreams(server)).toBe('[]')
  })
})

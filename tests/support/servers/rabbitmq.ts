import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { clientPort, type Command, loopback, portAt, type Place, type Recipe } from './recipe.ts'

/** One RabbitMQ node without plugins; from 3.10 upward. Its port mapper is a second process, so that nothing is shared. */
export const rabbitmq: Recipe = {
  fixedPorts: [25_670, 25_668, 25_669],
  url: (place) => `amqp://guest:guest@${loopback}:${clientPort(place)}`,
  prepare(place) {
    mkdirSync(join(place.folder, 'home'), { recursive: true })
    // The write-ahead log is allocated in full, 512 MB of it unless told otherwise.
    const settings = [
      `listeners.tcp.1 = ${loopback}:${clientPort(place)}`,
      'vm_memory_high_watermark.absolute = 512MB',
      'disk_free_limit.absolute = 100MB',
      'raft.wal_max_size_bytes = 33554432',
      'log.console.level = info',
    ]
    writeFileSync(join(place.folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`)
    writeFileSync(join(place.folder, 'enabled_plugins'), '[].\n')
  },
  commands: (place) => [
    {
      executable: 'epmd',
      args: ['-address', loopback, '-port', String(portAt(place.ports, 2))],
    },
    { executable: place.found, args: [], environment: environment(place) },
  ],
  probe: { send: Buffer.from('AMQP\0\0\x09\x01', 'latin1'), answer: 'RabbitMQ' },
}

/** Evaluates an Erlang expression in the running server: what `rabbitmqctl eval` of an operator does. */
export function rabbitmqEvaluation(place: Place, expression: string): Command {
  const executable = join(dirname(place.found), 'rabbitmqctl')
  return { executable, args: ['eval', expression], environment: environment(place) }
}

function environment(place: Place): Record<string, string> {
  return {
    HOME: join(place.folder, 'home'),
    // Quorum queues keep the node's name with their data: it must stay the same, whatever this machine is called.
    RABBITMQ_NODENAME: 'holon@localhost',
    RABBITMQ_DIST_PORT: String(portAt(place.ports, 1)),
    ERL_EPMD_PORT: String(portAt(place.ports, 2)),
    ERL_EPMD_ADDRESS: loopback,
    RABBITMQ_CONFIG_FILE: join(place.folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(place.folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(place.folder, 'data'),
    RABBITMQ_LOG_BASE: join(place.folder, 'log'),
    RABBITMQ_LOGS: '-',
    // Makes the script become the server instead of its parent, so that signals reach it.
    RUNNING_UNDER_SYSTEMD: 'true',
    // Not where the tests run.
    ERL_CRASH_DUMP: join(place.folder, 'erl_crash.dump'),
    RABBITMQ_PID_FILE: join(place.folder, 'rabbitmq.pid'),
    // Two schedulers that sleep instead of spinning: the machine is shared.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
  }
}

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { clientPort, loopback, portAt, type Place, type Recipe } from './recipe.ts'

const java = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin/java')
const memory = ['-Xms96m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:MaxMetaspaceSize=160m', '-XX:+ExitOnOutOfMemoryError']

/** One Kafka node in KRaft mode, broker and controller at once; 3.9 and 4 on Java 17. */
export const kafka: Recipe = {
  fixedPorts: [29_092, 29_093],
  url: (place) => `${loopback}:${clientPort(place)}`,
  prepare(place) {
    mkdirSync(place.folder, { recursive: true })
    writeFileSync(join(place.folder, 'server.properties'), properties(place))
    if (!existsSync(join(place.folder, 'data/meta.properties'))) format(place)
  },
  commands: (place) => [
    { executable: java, args: [...memory, '-cp', classPath(place), 'kafka.Kafka', settings(place)] },
  ],
  // An ApiVersions request, version 0; the answer begins with its length and repeats the correlation id.
  probe: {
    send: Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0x48, 0x4f, 0x4c, 0x4e, 0xff, 0xff]),
    answer: Buffer.from([0x48, 0x4f, 0x4c, 0x4e, 0, 0]),
  },
}

function properties(place: Place): string {
  const controller = `${loopback}:${portAt(place.ports, 1)}`
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${controller}`,
    listeners: `PLAINTEXT://${loopback}:${clientPort(place)},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${loopback}:${clientPort(place)}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(place.folder, 'data'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // A broker that was killed may register again once its old session has timed out: 9 s unless told otherwise.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    'log.cleaner.dedupe.buffer.size': '4194304',
    'num.recovery.threads.per.data.dir': '2',
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function format(place: Place): void {
  const clusterId = 'SG9sb24taXMtYS13aG9sZQ'
  const args = ['-cp', classPath(place), 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', settings(place)]
  const { status, stdout, stderr } = spawnSync(java, ['-Xmx128m', '-XX:TieredStopAtLevel=1', ...args], {
    timeout: 60_000,
  })
  if (status !== 0) throw new Error(`Kafka's storage could not be formatted: ${String(stdout)}${String(stderr)}`)
}

function classPath({ found }: Place): string {
  return join(found, '*')
}

function settings({ folder }: Place): string {
  return join(folder, 'server.properties')
}

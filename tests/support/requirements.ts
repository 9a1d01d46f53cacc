import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Something that tests use and npm cannot install. */
export interface Requirement {
  readonly name: RequirementName
  /** Where it was found on this machine; undefined when it is missing. */
  readonly path: string | undefined
  /** The command that provides it. */
  readonly remedy: string
}

interface Lookup {
  /** Names the executable itself (for jars: their folder) and wins over the search. */
  readonly variable: string
  readonly executables: readonly string[]
  /** Looked at before the PATH. */
  readonly paths?: readonly string[]
  /** The Debian packages that bring it. */
  readonly packages: readonly string[]
  /** For what comes as jars: where they are gathered from. Java runs them, so it is needed too. */
  readonly jars?: { readonly groupId: string; readonly artifactId: string; readonly version: string }
}

export type RequirementName = 'chromium' | 'nats' | 'rabbitmq' | 'kafka' | 'redis' | 'mariadb' | 'script'

const kafka = { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version: '4.1.0' }

export const lookups: Readonly<Record<RequirementName, Lookup>> = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    executables: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    packages: ['chromium'],
  },
  nats: { variable: 'NATS_SERVER_PATH', executables: ['nats-server'], packages: ['nats-server'] },
  rabbitmq: {
    variable: 'RABBITMQ_SERVER_PATH',
    executables: ['rabbitmq-server'],
    // What Debian puts on the PATH changes to a user of its own, who cannot write to our folders.
    paths: ['/usr/lib/rabbitmq/bin/rabbitmq-server'],
    packages: ['rabbitmq-server'],
  },
  kafka: {
    variable: 'KAFKA_JARS',
    executables: [],
    paths: [fileURLToPath(new URL(`../../.holon/cache/kafka-${kafka.version}`, import.meta.url))],
    packages: ['default-jre-headless', 'maven'],
    jars: kafka,
  },
  redis: { variable: 'REDIS_SERVER_PATH', executables: ['redis-server'], packages: ['redis-server'] },
  // The core packages have the server and do not set up a database of the machine's own.
  mariadb: {
    variable: 'MARIADBD_PATH',
    executables: ['mariadbd'],
    packages: ['mariadb-server-core', 'mariadb-client-core'],
  },
  // Gives a program a terminal. On every Debian; images that leave things out may lack it.
  script: { variable: 'SCRIPT_PATH', executables: ['script'], packages: ['bsdutils'] },
}

/** Looks for a requirement: in its environment variable, then in its usual places and on the PATH. */
export function requires(name: RequirementName): Requirement {
  const { variable, executables, paths = [], jars } = lookups[name]
  const named = process.env[variable]
  const candidates = named === undefined || named === '' ? [...paths, ...onPath(executables)] : [named]
  const runs = jars === undefined || onPath(['java']).some(isExecutable)
  return {
    name,
    path: runs ? candidates.find(isExecutable) : undefined,
    remedy: `npm run services -- install ${name}`,
  }
}

/** Whether all of these can be started by their names. */
export function areOnPath(executables: readonly string[]): boolean {
  return executables.every((executable) => onPath([executable]).some(isExecutable))
}

function onPath(executables: readonly string[]): readonly string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => executables.map((executable) => join(folder, executable)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

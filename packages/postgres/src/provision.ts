import { messageOf } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'
import { escapeIdentifier, escapeLiteral, Pool } from 'pg'

import { adminRole } from './cluster.ts'
import type { Credentials } from './credentials.ts'

/** The input of {@link createProvisioner}. */
export interface ProvisionerOptions {
  readonly adminUrl: string
  readonly credentials: Credentials
  readonly urlOf: (role: string, password: string) => string
  readonly onError: (error: unknown) => void
}

/** Gives services their databases. */
export interface Provisioner {
  provision(service: string): Promise<string>
  close(): Promise<void>
}

/** Longer names PostgreSQL would cut off without a word; other characters mean something in URLs, to one client or another. */
const plainName = /^[a-z][\w-]{0,62}$/i
const reserved = new Set([adminRole, 'template0', 'template1'])
/** One service that opens connections without end must not take them all. */
const connectionsPerRole = 60

/** One database and one role for each service; see `docs/decisions/0008-embedded-postgres.md` for what keeps them apart. */
export function createProvisioner(options: ProvisionerOptions): Provisioner {
  const admin = new Pool({
    connectionString: options.adminUrl,
    application_name: adminRole,
    // One connection, closed soon after its last use.
    max: 1,
    idleTimeoutMillis: 500,
    // It is there, on this machine. That it is slow to answer while an app starts is no reason for the start to fail.
    connectionTimeoutMillis: 30_000,
    statement_timeout: 30_000,
    query_timeout: 35_000,
  })
  let closing = false
  // Without a listener the process would end with the server. Once the pool is closed, the server may be quicker than its connections.
  admin.on('error', (error) => {
    if (!closing) options.onError(error)
  })
  admin.on('connect', (client) => client.on('error', () => undefined))
  let last: Promise<unknown> = closeToPublic(admin)
  last.catch(() => {}) // whoever provisions first gets to see it
  return {
    // One after another: the credentials file and the single connection want it so.
    provision: (service) => {
      const next = last.then(() => provision(admin, options, service))
      last = next.catch(() => {})
      return next
    },
    close: () => {
      closing = true
      return admin.end()
    },
  }
}

/** By default every role may connect to every database. Done before there are any roles. */
async function closeToPublic(admin: Pool): Promise<void> {
  await run(admin, `revoke all on database ${escapeIdentifier(adminRole)}, template0, template1 from public`)
}

async function provision(
  admin: Pool,
  { credentials, urlOf }: Pick<ProvisionerOptions, 'credentials' | 'urlOf'>,
  service: string,
): Promise<string> {
  checkName(service)
  const name = escapeIdentifier(service)
  const password = await credentials.passwordOf(service)
  const [role] = await run(admin, 'select 1 from pg_roles where rolname = $1', [service])
  // Set at each start as well: whatever happened to the file or to the role, they agree from here on.
  await run(
    admin,
    `${role === undefined ? 'create' : 'alter'} role ${name}
     with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
     connection limit ${connectionsPerRole} password ${escapeLiteral(password)}`,
  )
  const [found] = await run(admin, 'select datacl from pg_database where datname = $1', [service])
  if (found === undefined) await run(admin, `create database ${name} owner ${name} template template0`)
  if (found?.datacl == null) await run(admin, `revoke all on database ${name} from public`)
  return urlOf(service, password)
}

async function run(
  admin: Pool,
  text: string,
  values: readonly string[] = [],
): Promise<readonly { datacl?: unknown }[]> {
  try {
    const { rows } = await admin.query<{ datacl?: unknown }>(text, [...values])
    return rows
  } catch (error) {
    throw new ServiceError('unavailable', `The embedded PostgreSQL does not do what it is told: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function checkName(service: string): void {
  if (!plainName.test(service)) {
    throw new ServiceError(
      'invalid_argument',
      `"${service}" cannot name a database: use 1 to 63 letters, digits, dashes and underscores, a letter first.`,
    )
  }
  if (reserved.has(service) || service.startsWith('pg_')) {
    throw new ServiceError(
      'invalid_argument',
      `"${service}" is a name that PostgreSQL keeps to itself: rename the service.`,
    )
  }
}

import type { Platform } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'
import { Kysely, sql } from 'kysely'

import { PostgresConnections } from '../postgres/postgres-connections.ts'
import { adminRole } from './cluster.ts'
import type { Credentials } from './credentials.ts'

/** The input of {@link createProvisioner}. */
export interface ProvisionerOptions {
  readonly adminUrl: string
  readonly credentials: Credentials
  readonly urlOf: (role: string, password: string) => string
  readonly platform: Platform
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
  const { adminUrl, platform, onError } = options
  const connections = new PostgresConnections({
    service: adminRole,
    url: adminUrl,
    platform,
    onError,
    // One connection, closed soon after its last use.
    maxConnections: 1,
    idleTimeoutMs: 500,
    // It is there, on this machine. That it is slow to answer while an app starts is no reason for the start to fail.
    connectTimeoutMs: 30_000,
    statementTimeoutMs: 30_000,
    closeTimeoutMs: 5_000,
  })
  const admin = new Kysely<Catalog>({ dialect: connections.dialect() })
  let last: Promise<unknown> = closeToPublic(admin)
  last.catch(() => {}) // whoever provisions first gets to see it
  return {
    // One after another: the credentials file and the single connection want it so.
    provision: (service) => {
      const next = last.then(() => provision(admin, options, service))
      last = next.catch(() => {})
      return next
    },
    close: () => connections.close(),
  }
}

interface Catalog {
  readonly pg_roles: { readonly rolname: string }
  readonly pg_database: { readonly datname: string; readonly datacl: unknown }
}

/** By default every role may connect to every database. Done before there are any roles. */
async function closeToPublic(admin: Kysely<Catalog>): Promise<void> {
  await sql`revoke all on database ${sql.id(adminRole)}, template0, template1 from public`.execute(admin)
}

async function provision(
  admin: Kysely<Catalog>,
  { credentials, urlOf }: ProvisionerOptions,
  service: string,
): Promise<string> {
  checkName(service)
  const name = sql.id(service)
  const password = await credentials.passwordOf(service)
  const role = await admin.selectFrom('pg_roles').select('rolname').where('rolname', '=', service).executeTakeFirst()
  // Set at each start as well: whatever happened to the file or to the role, they agree from here on.
  await sql`
    ${sql.raw(role ? 'alter' : 'create')} role ${name}
    with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
    connection limit ${sql.lit(connectionsPerRole)} password ${sql.lit(password)}`.execute(admin)
  const found = await admin.selectFrom('pg_database').select('datacl').where('datname', '=', service).executeTakeFirst()
  if (!found) await sql`create database ${name} owner ${name} template template0`.execute(admin)
  if (found?.datacl == null) await sql`revoke all on database ${name} from public`.execute(admin)
  return urlOf(service, password)
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

import { ServiceError } from '@holon/contract'
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

/** One database and one role for each service; see `docs/decisions/data.md` for what keeps them apart. */
export function createProvisioner(options: ProvisionerOptions): Provisioner {
  // One connection, closed soon after its last use.
  const pool = new Pool({ connectionString: options.adminUrl, max: 1, idleTimeoutMillis: 500, query_timeout: 30_000 })
  pool.on('error', options.onError)
  let last: Promise<unknown> = closeToPublic(pool)
  last.catch(() => {}) // whoever provisions first gets to see it
  return {
    // One after another: the credentials file and the single connection want it so.
    provision: (service) => {
      const next = last.then(() => provision(pool, options, service))
      last = next.catch(() => {})
      return next
    },
    close: async () => {
      await last.catch(() => {})
      await pool.end()
    },
  }
}

/** By default every role may connect to every database. Done before there are any roles. */
async function closeToPublic(pool: Pool): Promise<void> {
  await pool.query(`revoke all on database ${adminRole}, template0, template1 from public`)
}

async function provision(pool: Pool, { credentials, urlOf }: ProvisionerOptions, service: string): Promise<string> {
  checkName(service)
  const name = escapeIdentifier(service)
  const password = await credentials.passwordOf(service)
  const { rows } = await pool.query<{ role: boolean; database: boolean; closed: boolean }>(
    `select exists (select from pg_roles where rolname = $1) as role,
            exists (select from pg_database where datname = $1) as database,
            exists (select from pg_database where datname = $1 and datacl is not null) as closed`,
    [service],
  )
  const found = rows[0]
  // Set at each start as well: whatever happened to the file or to the role, they agree from here on.
  await pool.query(
    `${found?.role ? 'alter' : 'create'} role ${name} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
     connection limit ${connectionsPerRole} password ${escapeLiteral(password)}`,
  )
  if (!found?.database) await pool.query(`create database ${name} owner ${name} template template0`)
  if (!found?.closed) await pool.query(`revoke all on database ${name} from public`)
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

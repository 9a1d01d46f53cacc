/** What distinguishes one server from another; the rest is fixed. */
export interface ServerArguments {
  readonly data: string
  readonly port: number
  readonly maxConnections: number
  /** Without waiting for the disk. */
  readonly disposable: boolean
}

/**
 * A server for one machine's services: durable as PostgreSQL is by default, unless it is disposable, small in memory, and reachable only from
 * this machine with a password.
 */
export function serverArguments({ data, port, maxConnections, disposable }: ServerArguments): readonly string[] {
  const durable = disposable ? 'off' : 'on'
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    // The passwords are random; what slows down who guesses slows down each connection.
    ...(disposable && { scram_iterations: 1 }),
    // A database is copied file by file; these systems can do so without reading them.
    ...(disposable && ['linux', 'darwin'].includes(process.platform) && { file_copy_method: 'clone' }),
    max_connections: maxConnections,

    fsync: durable,
    synchronous_commit: durable,
    full_page_writes: durable,
    // Nothing replicates from this server, so its log need only serve crash recovery.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '256MB',

    shared_buffers: '32MB',
    // Each of these would add processes or memory for work that does not occur at this size.
    io_method: 'sync',
    jit: 'off',
    max_parallel_workers_per_gather: 0,
    max_worker_processes: 4,
    max_logical_replication_workers: 0,
    autovacuum_max_workers: 2,
    huge_pages: 'off',

    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C', // the line that says "ready" must be in English
    log_line_prefix: '',
    log_checkpoints: 'off',
    // Errors of statements are the services' own to report, and their text may hold personal data.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
  }
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

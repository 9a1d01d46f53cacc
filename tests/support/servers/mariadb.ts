import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { clientPort, loopback, type Place, type Recipe } from './recipe.ts'

/** mariadbd with the account `root` without a password (it listens on loopback only) and the database `test`. */
export const mariadb: Recipe = {
  fixedPorts: [23_306],
  url: (place) => `mysql://root@${loopback}:${clientPort(place)}/test`,
  prepare(place) {
    mkdirSync(place.folder, { recursive: true })
    writeFileSync(
      join(place.folder, 'init.sql'),
      `CREATE DATABASE IF NOT EXISTS test;
CREATE USER IF NOT EXISTS root@'${loopback}' IDENTIFIED BY '';
GRANT ALL ON *.* TO root@'${loopback}' WITH GRANT OPTION;
`,
    )
    if (!existsSync(join(place.folder, 'data/mysql'))) install(place)
  },
  commands: (place) => [
    {
      executable: place.found,
      args: [
        '--no-defaults',
        ...account(),
        `--datadir=${join(place.folder, 'data')}`,
        `--socket=${join(place.folder, 'mysqld.sock')}`,
        `--pid-file=${join(place.folder, 'mysqld.pid')}`,
        `--bind-address=${loopback}`,
        `--port=${clientPort(place)}`,
        `--init-file=${join(place.folder, 'init.sql')}`,
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=64M',
        '--innodb-log-file-size=32M',
        '--performance-schema=OFF',
      ],
    },
  ],
  // The greeting names the authentication that the server would like.
  probe: { answer: 'mysql_native_password' },
}

function install(place: Place): void {
  const args = ['--no-defaults', ...account(), `--datadir=${join(place.folder, 'data')}`]
  const { status, stdout, stderr } = spawnSync(
    'mariadb-install-db',
    [...args, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { timeout: 60_000 },
  )
  if (status !== 0) throw new Error(`MariaDB's data folder could not be made: ${String(stdout)}${String(stderr)}`)
}

/** The server refuses to run as root unless told to. */
function account(): readonly string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : []
}

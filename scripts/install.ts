import { spawnSync } from 'node:child_process'

import { lookups, requires, type RequirementName } from '../tests/support/requirements.ts'

/** Whether this machine lets us install packages: root, with apt (Debian, Ubuntu and images made of them). */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
}

/** Installs a requirement through apt, trying twice because mirrors fail now and then. True when it can be found after. */
export function install(name: RequirementName): boolean {
  const { packages } = lookups[name]
  for (let attempt = 1; attempt <= 2; attempt++) {
    const done = apt('update') && apt('install', '--yes', '--no-install-recommends', ...packages)
    if (done && requires(name).path !== undefined) return true
    console.error(`apt could not install ${packages.join(', ')} (attempt ${attempt} of 2)`)
  }
  return false
}

function apt(...args: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', ['--quiet', ...args], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 10 * 60_000,
  })
  return status === 0
}

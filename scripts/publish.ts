// `npm run release:publish`: publishes what `npm run build` made, with provenance where CI runs it (npm refuses that
// elsewhere; `--dry-run` tells what would be published). A package comes after those it needs, and one whose version npm
// has already is left out: a release that broke off halfway is finished by another run.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { inOrder } from './release/publish-order.ts'
import { tagOf } from './release/version.ts'
import { publishedPackages, root } from './workspaces.ts'

const dryRun = process.argv.includes('--dry-run')

function npm(...args: readonly string[]): boolean {
  return spawnSync('npm', [...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

function isThere(name: string, version: string): boolean {
  const { status } = spawnSync('npm', ['view', `${name}@${version}`, 'version', '--no-workspaces'], { cwd: root })
  return status === 0
}

for (const { folder, manifest } of inOrder(publishedPackages())) {
  const { name, version = '' } = manifest
  if (!dryRun && isThere(name, version)) {
    console.log(`${name} ${version} is there already`)
    continue
  }
  const built = join(root, 'dist', folder.slice('packages/'.length))
  const how = dryRun ? ['--dry-run'] : ['--provenance']
  if (!npm('publish', built, '--access', 'public', '--tag', tagOf(version), ...how)) {
    console.error(`✗ ${name} ${version} was not published; run this again to go on from here`)
    process.exitCode = 1
    break
  }
}

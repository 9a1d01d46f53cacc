// `npm run release:version 1.2.0`: gives every package that version, in the lock file and the changelog too. What it
// changes is one commit; a tag `v1.2.0` on it makes the release (.github/workflows/release.yml). `--check 1.2.0` only says
// whether that is the version, which the workflow asks about its tag.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { isVersion, releasedChangelog, withVersion } from './release/version.ts'
import { report } from './report.ts'
import { listWorkspaces, publishedPackages, root } from './workspaces.ts'

const { values, positionals } = parseArgs({ options: { check: { type: 'string' } }, allowPositionals: true })
const packages = publishedPackages()

function setVersion(version: string): void {
  const names = new Set(packages.map(({ manifest }) => manifest.name))
  for (const { folder } of listWorkspaces()) {
    const path = join(root, folder, 'package.json')
    writeFileSync(path, withVersion(readFileSync(path, 'utf8'), { names, version }))
  }
  const changelog = join(root, 'CHANGELOG.md')
  writeFileSync(changelog, releasedChangelog(readFileSync(changelog, 'utf8'), version))
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit'], {
    cwd: root,
    stdio: 'inherit',
  })
}

function otherVersions(version: string): readonly string[] {
  const other = packages.filter(({ manifest }) => manifest.version !== version)
  return other.map(
    ({ manifest }) => `${manifest.name} is ${manifest.version}, not ${version}: npm run release:version ${version}`,
  )
}

const version = values.check ?? positionals[0] ?? ''
if (isVersion(version)) {
  if (values.check === undefined) setVersion(version)
  report(values.check === undefined ? [] : otherVersions(version), `${packages.length} packages are ${version}`)
} else {
  report([`'${version}' is no version: npm run release:version 1.2.0`], '')
}

// `npm ci` refuses a lock file that lacks an optional dependency which the registry could not deliver when the lock was
// written (the binaries of other platforms). This finds it before a fresh clone does, without touching the network.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { report } from './report.ts'
import { listWorkspaces, root } from './workspaces.ts'

interface Locked {
  readonly version?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}
const present = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)))
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

const missing = Object.entries(lock.packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
  Object.keys({ ...dependencies, ...optionalDependencies })
    .filter((name) => !present.has(name))
    .map(
      (name) => `package-lock.json lacks ${name}, which ${path === '' ? 'the root' : path} wants: npm ci would refuse`,
    ),
)
const stale = listWorkspaces().flatMap(({ folder, manifest }) =>
  kinds.flatMap((kind) => {
    if (lock.packages[folder] === undefined) return [`package-lock.json does not know ${folder}: run npm install`]
    const locked = JSON.stringify(sorted(lock.packages[folder]?.[kind]))
    return locked === JSON.stringify(sorted(manifest[kind]))
      ? []
      : [`package-lock.json is behind the ${kind} of ${folder}/package.json: run npm install and commit the lock file`]
  }),
)

function sorted(entries: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  return Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

report([...new Set([...missing, ...stale])], `${present.size} locked packages, none missing`)

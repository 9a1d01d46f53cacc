import { globSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'

export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly description?: string
  readonly private?: boolean
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  /** Dependencies that the build compiles in, so that nobody has to install them. */
  readonly inlinedDependencies?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly workspaces?: readonly string[]
}

/** One npm workspace. `folder` is relative to the root, with forward slashes: `packages/rpc`. */
export interface Workspace {
  readonly folder: string
  readonly manifest: Manifest
}

export const root: string = join(import.meta.dirname, '..')

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** Every workspace below `base` that the root manifest names, sorted by folder. */
export function listWorkspaces(base: string = root): readonly Workspace[] {
  const patterns = readManifest(base).workspaces ?? []
  const folders = patterns.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: base }))
  return [...new Set(folders)]
    .map((path) => path.replaceAll('\\', '/').replace(/\/package\.json$/, ''))
    .toSorted()
    .map((folder) => ({ folder, manifest: readManifest(join(base, folder)) }))
}

/** The packages that npm gets. */
export function publishedPackages(): readonly Workspace[] {
  return listWorkspaces().filter(({ folder, manifest }) => folder.startsWith('packages/') && manifest.private !== true)
}

const generated = new Set(['node_modules', 'dist', '.holon', 'coverage', '.git'])

/** The files of the repository that match, relative to the root and sorted. Needs no git: CI may check an exported tree. */
export function listFiles(...patterns: readonly string[]): readonly string[] {
  const exclude = (path: string): boolean => generated.has(basename(path))
  return globSync([...patterns], { cwd: root, exclude })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
}

export function isTestFile(path: string): boolean {
  return /\.(test|test-d)\.tsx?$|\/fixtures\/|(^|\/)tests?\//.test(path)
}

export function fromRoot(path: string): string {
  return relative(root, path).replaceAll('\\', '/')
}

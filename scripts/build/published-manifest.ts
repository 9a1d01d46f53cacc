import type { Manifest } from '../workspaces.ts'

export interface EntryPoint {
  /** `.`, `./postgres`. */
  readonly subpath: string
  /** `./src/index.ts`. */
  readonly source: string
}

/** What a package exports of its sources. */
export function entryPoints({ exports = {} }: Manifest): readonly EntryPoint[] {
  return Object.entries(exports).flatMap(([subpath, source]) =>
    typeof source === 'string' && source.endsWith('.ts') ? [{ subpath, source }] : [],
  )
}

export interface Origin {
  /** What is published besides the sources and what they are built to: `bin`. */
  readonly beside: readonly string[]
  /** The folder of the package in the repository. */
  readonly folder: string
  readonly repository?: string | undefined
}

/** The manifest that is published: it names what was built, and nothing that only this repository needs. */
export function publishedManifest(
  manifest: Manifest,
  { beside, folder, repository }: Origin,
): Readonly<Record<string, unknown>> {
  const { devDependencies: _, scripts: __, files: ___, inlinedDependencies = [], exports = {}, ...kept } = manifest
  const built = Object.entries(exports).map(([subpath, source]) => [subpath, builtEntry(String(source))] as const)
  return {
    ...kept,
    ...(manifest.dependencies && { dependencies: without(manifest.dependencies, inlinedDependencies) }),
    ...(repository !== undefined && { repository: { type: 'git', url: repository, directory: folder } }),
    // Nothing happens by an import alone, so that bundlers leave out what nobody uses.
    sideEffects: false,
    exports: { ...Object.fromEntries(built), './package.json': './package.json' },
    files: ['dist', 'src', ...beside],
  }
}

/** What is no TypeScript is published as it is. */
function builtEntry(source: string): string | Readonly<Record<'types' | 'default', string>> {
  const built = source.replace(/^\.\/src\//, './dist/')
  if (!built.endsWith('.ts')) return built
  const path = built.slice(0, -'.ts'.length)
  return { types: `${path}.d.ts`, default: `${path}.js` }
}

function without(all: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)))
}

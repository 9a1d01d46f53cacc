import { dirname, join, normalize } from 'node:path'

import { type Import, packageNameOf } from './imports.ts'
import type { Manifest, Workspace } from './workspaces.ts'

/** package → packages it may import, by short name (`rpc`, not `@holon/rpc`). */
export type PackageGraph = Readonly<Record<string, readonly string[]>>

export interface SourceFile {
  /** Relative to the root: `packages/rpc/src/client.ts`. */
  readonly path: string
  readonly isTest: boolean
  readonly imports: readonly Import[]
}

export interface BoundaryInput {
  readonly allowed: PackageGraph
  /** What the tests of a package may import besides: they may look at it from above. */
  readonly forTests: PackageGraph
  readonly workspaces: readonly Workspace[]
  readonly files: readonly SourceFile[]
  /** What tests of every workspace may import: the root's devDependencies. */
  readonly sharedDevDependencies: readonly string[]
  readonly isExcepted: (rule: string, path: string) => boolean
}

const arrowRemedy =
  'move the code to the lower package, or change scripts/package-graph.json and say why in docs/decisions/'

/** All ways in which the workspaces break the map of the code; empty when they keep it. */
export function boundaryProblems(input: BoundaryInput): readonly string[] {
  return [
    ...graphProblems(input.allowed),
    ...input.workspaces.flatMap((workspace) => manifestProblems(input, workspace)),
    ...input.workspaces.flatMap((workspace) => sourceProblems(input, workspace)),
  ]
}

function graphProblems(allowed: PackageGraph): readonly string[] {
  const unknown = Object.entries(allowed).flatMap(([from, targets]) =>
    targets
      .filter((to) => !(to in allowed))
      .map((to) => `package-graph.json: '${from}' names '${to}', which has no line`),
  )
  const cycle = findCycle(allowed)
  return cycle === undefined ? unknown : [...unknown, `package-graph.json has a cycle: ${cycle.join(' → ')}`]
}

function findCycle(graph: PackageGraph): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const next of graph[name] ?? []) {
      const cycle = visit(next, [...path, name])
      if (cycle !== undefined) return cycle
    }
    done.add(name)
    return undefined
  }
  return Object.keys(graph)
    .map((name) => visit(name, []))
    .find((cycle) => cycle !== undefined)
}

/** `@holon/rpc` → `rpc`, `holon` → `holon`; undefined for what is not a package of this repository. */
function shortName(packageName: string): string | undefined {
  if (packageName === 'holon' || packageName === 'create-holon') return packageName
  return packageName.startsWith('@holon/') ? packageName.slice('@holon/'.length) : undefined
}

/** The allowed targets of a workspace, or undefined where any package may be imported (tests, examples, benches). */
function targetsOf(
  { allowed, forTests }: BoundaryInput,
  { folder, manifest }: Workspace,
  isTest: boolean,
): readonly string[] | undefined {
  if (!folder.startsWith('packages/')) return undefined
  const name = shortName(manifest.name) ?? ''
  return [...(allowed[name] ?? []), ...(isTest ? (forTests[name] ?? []) : [])]
}

function manifestProblems(input: BoundaryInput, workspace: Workspace): readonly string[] {
  const { folder, manifest } = workspace
  const problems: string[] = []
  const own = shortName(manifest.name)
  if (folder.startsWith('packages/') && (own === undefined || !(own in input.allowed))) {
    problems.push(`${folder}: '${manifest.name}' has no line in scripts/package-graph.json`)
  }
  for (const name of declared(manifest)) {
    const target = shortName(name)
    const targets = targetsOf(input, workspace, !(name in runtimeDependencies(manifest)))
    if (target !== undefined && targets !== undefined && !targets.includes(target)) {
      problems.push(`${folder}/package.json declares ${name}, which ${manifest.name} may not import: ${arrowRemedy}`)
    }
  }
  return [...problems, ...unusedDependencies(input, workspace)]
}

function declared(manifest: Manifest): readonly string[] {
  return Object.keys({ ...runtimeDependencies(manifest), ...manifest.devDependencies })
}

function runtimeDependencies(manifest: Manifest): Readonly<Record<string, string>> {
  return { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }
}

function unusedDependencies(input: BoundaryInput, { folder, manifest }: Workspace): readonly string[] {
  if (!folder.startsWith('packages/')) return []
  const used = new Set(
    filesOf(input, folder).flatMap(({ imports }) => imports.map((one) => packageNameOf(one.specifier))),
  )
  // What is optional is not looked for: dependencies are loaded by a computed name (one package for each platform), and
  // peers are also passed on to the packages below that load them.
  const isOptional = (name: string): boolean => manifest.peerDependenciesMeta?.[name]?.optional === true
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    .filter((name) => !isOptional(name))
    .filter((name) => !used.has(name) && !input.isExcepted('unused-dependency', `${folder}:${name}`))
    .map((name) => `${folder}/package.json declares ${name}, which nothing there imports: remove it`)
}

/** A nested workspace (a storefront inside an example) owns its files; the outer one does not. */
function filesOf({ files, workspaces }: BoundaryInput, folder: string): readonly SourceFile[] {
  const nested = workspaces.filter((other) => other.folder.startsWith(`${folder}/`)).map((other) => `${other.folder}/`)
  return files.filter(({ path }) => path.startsWith(`${folder}/`) && !nested.some((prefix) => path.startsWith(prefix)))
}

function sourceProblems(input: BoundaryInput, workspace: Workspace): readonly string[] {
  return filesOf(input, workspace.folder)
    .filter(({ path }) => !input.isExcepted('boundary', path))
    .flatMap((file) =>
      file.imports.flatMap((one) => {
        const problem = importProblem(input, workspace, { file, specifier: one.specifier })
        return problem === undefined ? [] : [`${file.path}:${one.line} ${problem}`]
      }),
    )
}

function importProblem(
  input: BoundaryInput,
  workspace: Workspace,
  { file, specifier }: { readonly file: SourceFile; readonly specifier: string },
): string | undefined {
  const { folder, manifest } = workspace
  if (specifier.startsWith('.')) {
    const target = normalize(join(dirname(file.path), specifier)).replaceAll('\\', '/')
    const inside = target === folder || target.startsWith(`${folder}/`)
    return inside ? undefined : `imports ${specifier}, which leaves the package: import the other package by its name`
  }
  const name = packageNameOf(specifier)
  if (name === undefined || name === manifest.name) return undefined
  const target = shortName(name)
  const targets = targetsOf(input, workspace, file.isTest)
  if (target !== undefined && targets !== undefined && !targets.includes(target)) {
    return `imports ${specifier}, which ${manifest.name} may not: ${arrowRemedy}`
  }
  return isDeclared(input, manifest, { name, isTest: file.isTest })
    ? undefined
    : `imports ${name}, which ${folder}/package.json does not declare: npm i -w ${folder} ${name}`
}

function isDeclared(
  input: BoundaryInput,
  manifest: Manifest,
  { name, isTest }: { readonly name: string; readonly isTest: boolean },
): boolean {
  const types = `@types/${name.replace(/^@/, '').replace('/', '__')}`
  const known =
    isTest || manifest.private === true
      ? [...declared(manifest), ...input.sharedDevDependencies]
      : Object.keys(runtimeDependencies(manifest))
  return known.includes(name) || known.includes(types)
}

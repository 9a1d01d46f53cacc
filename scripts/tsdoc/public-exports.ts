import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { type Comment, type Program, parseSync } from 'oxc-parser'

import { fromRoot, listWorkspaces, root, type Workspace } from '../workspaces.ts'

/** Something that a package exports, and the comment that stands before its declaration, if there is one. */
export interface PublicExport {
  readonly name: string
  /** Where it is declared: `packages/contract/src/kernel/code.ts:12`. */
  readonly place: string
  readonly comment: string | undefined
  /** It is there for the compiler alone. */
  readonly isType: boolean
}

type Statement = Program['body'][number]
type Named = Extract<Statement, { type: 'ExportNamedDeclaration' }>

interface Module {
  readonly path: string
  readonly source: string
  readonly body: readonly Statement[]
  readonly comments: readonly Comment[]
}

/** The entry points of a package that are TypeScript, by the paths of their sources. */
export function entrySources({ folder, manifest }: Workspace): readonly string[] {
  return Object.values(manifest.exports ?? {}).flatMap((target) => {
    const source = sourceOf(target)
    return source === undefined ? [] : [join(root, folder, source)]
  })
}

/** `./src/x.ts`, or what conditions lead to it. */
function sourceOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target.endsWith('.ts') && !target.endsWith('.d.ts') ? target : undefined
  if (typeof target !== 'object' || target === null) return undefined
  return Object.values(target)
    .map(sourceOf)
    .find((found) => found !== undefined)
}

/** The comment of a module as a whole: the one with `@module`. */
export function moduleComment(path: string): string | undefined {
  return readModule(path).comments.find(({ value }) => value.includes('@module'))?.value
}

/** Tells of a source what it exports. */
export type ExportReader = (path: string) => readonly PublicExport[]

/** A reader that follows relative imports and the packages of this repository to the declarations, and reads each file once. */
export function createExportReader(): ExportReader {
  const known = new Map<string, readonly PublicExport[]>()
  const workspaces = listWorkspaces()
  const follow = (from: string, specifier: string): readonly PublicExport[] => {
    const target = resolveModule(workspaces, from, specifier)
    // What another's package declares is documented there.
    return target === undefined ? [] : read(target)
  }
  const read: ExportReader = (path) => {
    const before = known.get(path)
    if (before !== undefined) return before
    const found = exportsOf(readModule(path), follow)
    known.set(path, found)
    return found
  }
  return read
}

type Follow = (from: string, specifier: string) => readonly PublicExport[]

function exportsOf(module: Module, follow: Follow): readonly PublicExport[] {
  return module.body.flatMap((statement) => {
    if (statement.type === 'ExportAllDeclaration') return follow(module.path, statement.source.value)
    return statement.type === 'ExportNamedDeclaration' ? named(module, statement, follow) : []
  })
}

function named(module: Module, statement: Named, follow: Follow): readonly PublicExport[] {
  if (statement.declaration !== null) {
    return declaredNames(statement.declaration).map((name) => toExport(module, name, statement))
  }
  return statement.specifiers.flatMap(({ local, exported }) => {
    const [inner, outer] = [nameOf(local), nameOf(exported)]
    const from = statement.source?.value ?? importOf(module, inner)
    if (from === undefined) {
      const found = module.body.find((each) => declaredNames(each).includes(inner))
      return found === undefined ? [] : [toExport(module, outer, found)]
    }
    const found = follow(module.path, from).filter(({ name }) => name === inner)
    return found.map((each) => ({ ...each, name: outer }))
  })
}

function importOf({ body }: Module, name: string): string | undefined {
  for (const statement of body)
    if (statement.type === 'ImportDeclaration' && statement.specifiers.some(({ local }) => local.name === name))
      return statement.source.value
  return undefined
}

function toExport({ path, source, comments }: Module, name: string, statement: Statement): PublicExport {
  const { start } = statement
  const before = comments.findLast(
    ({ type, end }) => type === 'Block' && end <= start && source.slice(end, start).trim() === '',
  )
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  return {
    name,
    place: `${fromRoot(path)}:${source.slice(0, start).split('\n').length}`,
    comment: before?.value.startsWith('*') === true ? before.value : undefined,
    isType: declaration?.type === 'TSInterfaceDeclaration' || declaration?.type === 'TSTypeAliasDeclaration',
  }
}

function declaredNames(node: Statement | NonNullable<Named['declaration']>): readonly string[] {
  if (node.type === 'VariableDeclaration')
    return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
  if (!('id' in node) || node.id === null) return []
  return 'name' in node.id && typeof node.id.name === 'string' ? [node.id.name] : []
}

function nameOf(name: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return name.name ?? String(name.value)
}

function readModule(path: string): Module {
  const source = readFileSync(path, 'utf8')
  const { program, comments, errors } = parseSync(path, source)
  const [first] = errors
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}`)
  return { path, source, body: program.body, comments }
}

function resolveModule(workspaces: readonly Workspace[], from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier)
  const owner = workspaces.find(({ manifest: { name } }) => specifier === name || specifier.startsWith(`${name}/`))
  if (owner === undefined) return undefined
  const source = sourceOf(owner.manifest.exports?.[`.${specifier.slice(owner.manifest.name.length)}`])
  return source === undefined ? undefined : join(root, owner.folder, source)
}

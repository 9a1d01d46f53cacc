import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { type Program, parseSync } from 'oxc-parser'

type Statement = Program['body'][number]

/** What a declaration file exports, by name: the text of its declarations, or where another package provides it. */
export type Surface = ReadonlyMap<string, string>

interface Module {
  readonly path: string
  readonly source: string
  readonly body: readonly Statement[]
}

/** Reads `.d.ts` files and follows their relative re-exports to the declarations. */
export function surfaceOf(path: string): Surface {
  const module = readModule(path)
  const surface = new Map<string, string>()
  const add = (name: string, text: string): void => {
    const before = surface.get(name)
    surface.set(name, before === undefined ? text : `${before}\n${text}`)
  }
  for (const statement of module.body) {
    if (statement.type === 'ExportAllDeclaration') addAll(module, statement, add)
    else if (statement.type === 'ExportDefaultDeclaration') add('default', textOf(module, statement))
    else if (statement.type === 'ExportNamedDeclaration') addNamed(module, statement, add)
  }
  return surface
}

type Add = (name: string, text: string) => void
type Named = Extract<Statement, { type: 'ExportNamedDeclaration' }>
type All = Extract<Statement, { type: 'ExportAllDeclaration' }>

function readModule(path: string): Module {
  const source = readFileSync(path, 'utf8')
  const { program, errors } = parseSync(path, source)
  const [first] = errors
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}`)
  return { path, source, body: program.body }
}

function addAll(module: Module, statement: All, add: Add): void {
  const target = resolveRelative(module.path, statement.source.value)
  if (target === undefined) add(`* ${statement.source.value}`, textOf(module, statement))
  else if (statement.exported === null) for (const [name, text] of surfaceOf(target)) add(name, text)
  else add(nameOf(statement.exported), textOf(module, statement))
}

function addNamed(module: Module, statement: Named, add: Add): void {
  if (statement.declaration !== null) {
    for (const name of declaredNames(statement)) add(name, textOf(module, statement))
    return
  }
  const from = statement.source?.value
  const target = from === undefined ? undefined : resolveRelative(module.path, from)
  for (const { local, exported } of statement.specifiers) {
    const [inner, outer] = [nameOf(local), nameOf(exported)]
    const renamed = inner === outer ? inner : `${inner} as ${outer}`
    if (from === undefined) add(outer, localText(module, inner) ?? `export { ${renamed} }`)
    else if (target === undefined) add(outer, `export { ${renamed} } from '${from}'`)
    else add(outer, `${surfaceOf(target).get(inner) ?? ''}${inner === outer ? '' : `\n// exported as ${outer}`}`)
  }
}

/** A declaration of this module that a later `export { name }` makes public, or the import it comes from. */
function localText(module: Module, name: string): string | undefined {
  const found = module.body.filter((statement) => declarationNames(statement).includes(name))
  return found.length === 0 ? undefined : found.map((statement) => textOf(module, statement)).join('\n')
}

function declaredNames({ declaration }: Named): readonly string[] {
  return declaration === null ? [] : declarationNames(declaration)
}

function declarationNames(node: Statement | NonNullable<Named['declaration']>): readonly string[] {
  if (node.type === 'VariableDeclaration') {
    return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
  }
  if (!('id' in node) || node.id === null) return []
  return 'name' in node.id && typeof node.id.name === 'string' ? [node.id.name] : []
}

function nameOf(name: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return name.name ?? String(name.value)
}

/** The statement's text without the comments inside it: prose may change without a review of the surface. */
function textOf({ source }: Module, { start, end }: { readonly start: number; readonly end: number }): string {
  return source
    .slice(start, end)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^export (default )?declare /gm, 'export $1')
    .replaceAll(/^declare /gm, 'export ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')
}

function resolveRelative(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = join(dirname(from), specifier.replace(/(\.d)?\.[jt]sx?$/, ''))
  return [`${path}.d.ts`, join(path, 'index.d.ts')].find((candidate) => existsSync(candidate))
}

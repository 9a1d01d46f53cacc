import { dirname, relative, sep } from 'node:path'

import type { ImportDeclaration, ImportSpecifier, Statement } from 'oxc-parser'

import { CommandFailure, exitCodes } from '../../exit-code.ts'
import { insert, indentAt, replace, type Source } from './source.ts'

export interface Imported {
  readonly source: Source
  /** What it is called in this file. */
  readonly local: string
}

export interface Wanted {
  readonly name: string
  /** As it is written: `holon`, `../orders/contract.ts`. */
  readonly from: string
  /** Only its type is needed. Default false. */
  readonly type?: boolean
}

/** Imports a name, unless it is imported already: into an import of the same module, or a new one where it is in order. */
export function addImport(source: Source, { name, from, type = false }: Wanted): Imported {
  const declarations = importsOf(source).filter((each) => each.source.value === from)
  const known = specifiersOf(declarations).find(({ specifier }) => importedName(specifier) === name)
  if (known !== undefined) return { source: type ? source : asValue(source, known), local: known.specifier.local.name }
  const local = localNames(source).has(name) ? `${name}Contract` : name
  const text = `${name}${local === name ? '' : ` as ${local}`}`
  const open = declarations.find(({ importKind, specifiers }) => importKind !== 'type' && specifiers.some(isNamed))
  const edited =
    open === undefined
      ? addDeclaration(source, from, { text: `{ ${text} }`, type })
      : addSpecifier(source, open, type ? `type ${text}` : text)
  return { source: edited, local }
}

/** Imports what a module exports as its default, unless that is imported already. */
export function addDefaultImport(source: Source, { name, from }: Omit<Wanted, 'type'>): Imported {
  const known = importsOf(source)
    .filter((each) => each.source.value === from)
    .flatMap(({ specifiers }) => specifiers.filter((specifier) => specifier.type === 'ImportDefaultSpecifier'))[0]
  if (known !== undefined) return { source, local: known.local.name }
  return { source: addDeclaration(source, from, { text: name, type: false }), local: name }
}

/** The path of a module as another one of the project imports it. */
export function importPath(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}

/** The module from which a file imports a name that it uses; undefined: it does not. */
export function moduleOf(source: Source, local: string): { readonly from: string; readonly name: string } | undefined {
  for (const declaration of importsOf(source))
    for (const specifier of declaration.specifiers)
      if (specifier.local.name === local)
        return { from: declaration.source.value, name: isNamed(specifier) ? importedName(specifier) : 'default' }
  return undefined
}

function importsOf({ program }: Source): readonly ImportDeclaration[] {
  return program.body.filter((statement) => statement.type === 'ImportDeclaration')
}

interface Found {
  readonly declaration: ImportDeclaration
  readonly specifier: ImportSpecifier
}

function specifiersOf(declarations: readonly ImportDeclaration[]): readonly Found[] {
  return declarations.flatMap((declaration) =>
    declaration.specifiers.filter(isNamed).map((specifier) => ({ declaration, specifier })),
  )
}

function isNamed(specifier: ImportDeclaration['specifiers'][number]): specifier is ImportSpecifier {
  return specifier.type === 'ImportSpecifier'
}

function importedName({ imported }: ImportSpecifier): string {
  return imported.type === 'Literal' ? imported.value : imported.name
}

/** Makes an import of a type one of the value. */
function asValue(source: Source, { declaration, specifier }: Found): Source {
  if (declaration.importKind === 'type')
    throw new CommandFailure(
      exitCodes.failed,
      `${source.path} has \`import type\` from '${declaration.source.value}', and ${specifier.local.name} is needed as a value: ` +
        'write `import` there, and run this again. Nothing was changed.',
    )
  if (specifier.importKind !== 'type') return source
  return replace(source, { start: specifier.start, end: specifier.imported.start }, '')
}

/** Names that the top of the file declares. */
function localNames(source: Source): ReadonlySet<string> {
  const declared = (statement: Statement | null): readonly string[] => {
    if (statement?.type === 'ExportNamedDeclaration') return declared(statement.declaration)
    if (statement?.type === 'VariableDeclaration')
      return statement.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    if (statement?.type === 'FunctionDeclaration' || statement?.type === 'ClassDeclaration')
      return statement.id === null ? [] : [statement.id.name]
    return []
  }
  const imported = importsOf(source).flatMap(({ specifiers }) => specifiers.map(({ local }) => local.name))
  return new Set([...imported, ...source.program.body.flatMap(declared)])
}

function addSpecifier(source: Source, declaration: ImportDeclaration, text: string): Source {
  const named = declaration.specifiers.filter(isNamed)
  const key = (name: string): string => name.replace(/^type /, '').toLowerCase()
  const next = named.find((specifier) => key(importedName(specifier)) > key(text))
  const last = named.at(-1)
  const onLines = last !== undefined && source.text.slice(declaration.start, last.start).includes('\n')
  const gap = onLines ? `,\n${indentAt(source.text, last.start)}` : ', '
  if (next !== undefined) return insert(source, [{ at: next.start, text: `${text}${gap}` }])
  return insert(source, [{ at: last?.end ?? declaration.start, text: `${gap}${text}` }])
}

interface Named {
  /** What is imported: `{ query }`. */
  readonly text: string
  readonly type: boolean
}

function addDeclaration(source: Source, from: string, { text, type }: Named): Source {
  const { program } = source
  const all = importsOf(source)
  const sample = all[0]?.source.raw ?? "'"
  const quote = sample.startsWith('"') ? '"' : "'"
  const end = all[0] !== undefined && source.text[all[0].end - 1] === ';' ? ';' : ''
  const line = `import ${type ? 'type ' : ''}${text} from ${quote}${from}${quote}${end}`
  const group = all.filter((each) => groupOf(each.source.value) === groupOf(from))
  const next = group.find((each) => order(each.source.value) > order(from))
  if (next !== undefined) return insert(source, [{ at: next.start, text: `${line}\n` }])
  const last = group.at(-1)
  if (last !== undefined) return insert(source, [{ at: last.end, text: `\n${line}` }])
  const before = all.findLast((each) => groupOf(each.source.value) < groupOf(from))
  if (before !== undefined) return insert(source, [{ at: before.end, text: `\n\n${line}` }])
  return insert(source, [{ at: program.body[0]?.start ?? 0, text: `${line}\n\n` }])
}

/** Node's own modules first, then packages, then what belongs to the project: each in a group of its own. */
function groupOf(path: string): number {
  return path.startsWith('node:') ? 0 : path.startsWith('.') ? 2 : 1
}

/** Farther away first: `../a` before `./b`. */
function order(path: string): string {
  return path.replace(/^\.\//, '~/')
}

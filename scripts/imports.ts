import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'

import { parseSync } from 'oxc-parser'

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** Every module that a source file names: static, type-only, re-exported, and dynamic with a literal. */
export function importsOf(path: string, source: string = readFileSync(path, 'utf8')): readonly Import[] {
  const { module, errors } = parseSync(path, source)
  const first = errors[0]
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}`)
  const at = (offset: number): number => source.slice(0, offset).split('\n').length
  const found = module.staticImports.map(({ moduleRequest }) => moduleRequest)
  const reexported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.moduleRequest ?? []),
  )
  const direct = [...found, ...reexported].map(({ value, start }) => ({ specifier: value, line: at(start) }))
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const literal = /^(['"`])([^$]*)\1$/.exec(source.slice(start, end))?.[2]
    return literal === undefined ? [] : [{ specifier: literal, line: at(start) }]
  })
  return [...direct, ...dynamic, ...typeImports(source)]
}

/** `import('x').Y` in a type position, which the module record does not list. */
function typeImports(source: string): readonly Import[] {
  return [...source.matchAll(/:\s*(?:typeof\s+)?import\(['"]([^'"]+)['"]\)/g)].map((match) => ({
    specifier: match[1] ?? '',
    line: source.slice(0, match.index).split('\n').length,
  }))
}

/** `@scope/name/sub` → `@scope/name`; undefined for relative paths, `node:` modules and the package's own `#imports`. */
export function packageNameOf(specifier: string): string | undefined {
  if (/^[.#/]|^(data|file|virtual|\w+\.\w+):/.test(specifier) || isBuiltin(specifier)) return undefined
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

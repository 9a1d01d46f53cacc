import { isEmpty, literal } from './encoder-source.ts'
import type { Field, Layout, LayoutDocument } from './layout.ts'

/**
 * Writes the source of a decoder: one function for each nested layout, each returning a fresh value. Whatever does not
 * fit calls `bad()`, which throws.
 *
 * The surrounding scope provides `b` (the buffer), `at` (where to read), `end` (of the positions; strings follow),
 * `str(length)`, `num()`, `len()`, `open()` and `bad()`.
 */
export function decoderSource({ root, references }: LayoutDocument): string {
  const source = new DecoderSource()
  for (const name of references.keys()) source.declare(name)
  const entry = source.expression(root)
  for (const [name, layout] of references) source.define(name, layout)
  return `${source.functions.join('\n')}\nfunction root() { return ${entry} }`
}

class DecoderSource {
  readonly functions: string[] = []
  readonly #references = new Map<string, string>()

  declare(reference: string): void {
    this.#references.set(reference, `r${this.#references.size}`)
  }

  define(reference: string, layout: Layout): void {
    this.functions.push(`function ${this.#references.get(reference)}() { return ${this.expression(layout)} }`)
  }

  /** An expression that reads a value. */
  expression(layout: Layout): string {
    switch (layout.kind) {
      case 'string':
        return this.#string(layout)
      case 'number':
      case 'integer':
        return this.#function(
          `const v = num(); if (${[layout.kind === 'integer' ? 'Number.isInteger(v)' : 'Number.isFinite(v)', ...layout.checks.map(({ operator, value }) => `v ${operator} ${value}`)].map((test) => `!(${test})`).join(' || ')}) bad(); return v`,
        )
      case 'boolean':
        return this.#function(`const v = b[at++]; if (v === 1) return true; if (v !== 0) bad(); return false`)
      case 'constant':
        return literal(layout.value)
      case 'enumeration':
        return this.#function(
          `switch (b[at++]) { ${layout.values.map((value, index) => `case ${index}: return ${literal(value)};`).join(' ')} } bad()`,
        )
      case 'open':
        return 'open()'
      case 'reference':
        return `${this.#references.get(layout.name)}()`
      case 'union':
        return this.#function(
          `switch (b[at++]) { ${layout.branches.map((branch, index) => `case ${index}: return ${this.expression(branch)};`).join(' ')} } bad()`,
        )
      case 'tuple':
        return this.#function(
          `const v = [${layout.items.map((item) => this.expression(item)).join(', ')}]; if (at > end) bad(); return v`,
        )
      case 'array':
        return this.#array(layout)
      case 'record':
        return this.#function(
          `const n = len(); if (n > end - at) bad(); const v = {}; for (let i = 0; i < n; i++) { const k = str(); const x = ${this.expression(layout.value)}; if (k === '__proto__') Object.defineProperty(v, k, { value: x, enumerable: true, configurable: true, writable: true }); else v[k] = x } if (at > end) bad(); return v`,
        )
      case 'object':
        return this.#object(layout.fields)
    }
  }

  #string(layout: Extract<Layout, { kind: 'string' }>): string {
    if (layout.min === 0 && layout.max === Infinity) return 'str()'
    return this.#function(`const v = str(); ${bounds(layout, '[...v].length')} return v`)
  }

  #array(layout: Extract<Layout, { kind: 'array' }>): string {
    // No count is believed that the bytes at hand cannot hold.
    const most = isEmpty(layout.item) ? '65536' : 'end - at'
    return this.#function(
      `const n = len(); if (n > ${most}) bad(); ${bounds(layout, 'n')} const v = []; for (let i = 0; i < n; i++) v.push(${this.expression(layout.item)}); if (at > end) bad(); return v`,
    )
  }

  #object(fields: readonly Field[]): string {
    const required = fields.filter((field) => field.required)
    // Read in the order of the fields; a literal with all required fields gives the object its final shape at once.
    const reads = fields.map((field, index) =>
      field.required
        ? `const x${index} = ${this.expression(field.layout)};`
        : `const t${index} = b[at++]; if (t${index} > 2) bad(); const x${index} = t${index} === 1 ? ${this.expression(field.layout)} : undefined;`,
    )
    const shape = required.map((field) =>
      `[${JSON.stringify(field.key)}]: x${fields.indexOf(field)}`.replace(
        /^\["([A-Za-z_$][\w$]*)"\]/,
        (all, key: string) => (key === '__proto__' ? all : key),
      ),
    )
    const optional = fields.map((field, index) =>
      field.required ? '' : `if (t${index} !== 0) ${assign(field.key, `x${index}`)};`,
    )
    return this.#function(
      `${reads.join(' ')} if (at > end) bad(); const v = { ${shape.join(', ')} }; ${optional.join(' ')} return v`,
    )
  }

  #function(body: string): string {
    const name = `d${this.functions.length}`
    this.functions.push(`function ${name}() { ${body} }`)
    return `${name}()`
  }
}

function assign(key: string, value: string): string {
  if (key !== '__proto__') return `v[${JSON.stringify(key)}] = ${value}`
  return `Object.defineProperty(v, '__proto__', { value: ${value}, enumerable: true, configurable: true, writable: true })`
}

function bounds({ min, max }: { readonly min: number; readonly max: number }, count: string): string {
  const tests = [...(min > 0 ? [`${count} < ${min}`] : []), ...(max < Infinity ? [`${count} > ${max}`] : [])]
  return tests.length === 0 ? '' : `if (${tests.join(' || ')}) bad();`
}

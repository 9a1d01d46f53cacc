import type { Comparison, Field, Layout, LayoutDocument, Primitive } from './layout.ts'

/**
 * Writes the source of an encoder: one function for each object, array, record, union and reference. A function takes
 * `v`, writes it and returns true, or returns false as soon as something does not fit the layout; the caller of the
 * whole encoder then falls back to the self-describing encoding, and validation tells what is wrong.
 *
 * The surrounding scope provides `b` (the buffer), `at` (where to write), `s` (all strings so far), `need(bytes)`,
 * `num(v)`, `len(n)`, `str(v)` and `open(v)`.
 */
export function encoderSource({ root, references }: LayoutDocument): string {
  const source = new EncoderSource()
  for (const name of references.keys()) source.declare(name)
  const entry = source.statement(root, 'v')
  for (const [name, layout] of references) source.define(name, layout)
  return `${source.functions.join('\n')}\nfunction root(v) { need(16); ${entry} return true }`
}

/** Bytes that a value may take beyond what strings, arrays and nested functions reserve for themselves. */
const slackBytes = 16

class EncoderSource {
  readonly functions: string[] = []
  readonly #references = new Map<string, string>()

  declare(reference: string): void {
    this.#references.set(reference, `r${this.#references.size}`)
  }

  define(reference: string, layout: Layout): void {
    this.functions.push(
      `function ${this.#references.get(reference)}(v) { need(${slackBytes}); ${this.statement(layout, 'v')} return true }`,
    )
  }

  /** Statements that write the value of expression `v`, or return false. They may assume {@link slackBytes} of room. */
  statement(layout: Layout, v: string): string {
    switch (layout.kind) {
      case 'string':
        return `if (typeof ${v} !== 'string'${lengthTests(v, layout.min, layout.max)}) return false; str(${v});`
      case 'number':
        return `if (!Number.isFinite(${v})${boundTests(v, layout.checks)}) return false; num(${v});`
      case 'integer':
        return `if (!Number.isInteger(${v})${boundTests(v, layout.checks)}) return false; num(${v});`
      case 'boolean':
        return `if (${v} === true) b[at++] = 1; else if (${v} === false) b[at++] = 0; else return false;`
      case 'constant':
        return `if (${v} !== ${literal(layout.value)}) return false;`
      case 'enumeration':
        return `switch (${v}) { ${layout.values.map((value, index) => `case ${literal(value)}: b[at++] = ${index}; break;`).join(' ')} default: return false }`
      case 'open':
        return `if (${v} === undefined) return false; open(${v});`
      case 'reference':
        return `if (!${this.#references.get(layout.name)}(${v})) return false;`
      default:
        return `if (!${this.#nested(layout)}(${v})) return false;`
    }
  }

  #nested(layout: Extract<Layout, { kind: 'array' | 'tuple' | 'object' | 'record' | 'union' }>): string {
    const body =
      layout.kind === 'union'
        ? this.#union(layout.branches)
        : layout.kind === 'object'
          ? this.#object(layout.fields, layout.extras)
          : this.#sequence(layout)
    const name = `e${this.functions.length}`
    this.functions.push(`function ${name}(v) { ${body} return true }`)
    return name
  }

  #sequence(layout: Extract<Layout, { kind: 'array' | 'tuple' | 'record' }>): string {
    if (layout.kind === 'tuple') {
      const items = layout.items.map(
        (item, index) => `need(${slackBytes}); { const x = v[${index}]; ${this.statement(item, 'x')} }`,
      )
      return `if (!Array.isArray(v) || v.length !== ${layout.items.length}) return false; ${items.join(' ')}`
    }
    if (layout.kind === 'record') {
      return `${isObject} const k = Object.keys(v); need(${slackBytes}); len(k.length); for (let i = 0; i < k.length; i++) { need(${2 * slackBytes}); const x = v[k[i]]; str(k[i]); ${this.statement(layout.value, 'x')} }`
    }
    const tests = `${countTests('n', layout.min, layout.max)}${isEmpty(layout.item) ? ' || n > 65536' : ''}`
    // Read once: a getter among the items may change it.
    const count = `if (!Array.isArray(v)) return false; const n = v.length;${tests === '' ? '' : ` if (${tests.slice(' || '.length)}) return false;`}`
    return `${count} need(${slackBytes}); len(n); for (let i = 0; i < n; i++) { need(${slackBytes}); const x = v[i]; ${this.statement(layout.item, 'x')} }`
  }

  #object(fields: readonly Field[], extras: 'refused' | 'dropped'): string {
    const writes = fields.map(({ key, layout, required }, index) => {
      const read = `const x${index} = v[${JSON.stringify(key)}];`
      // What a nested value took was not reserved for the fields after it.
      const room = isFlat(layout) ? '' : `need(${(fields.length - index) * slackBytes});`
      if (required) return `${read} ${this.statement(layout, `x${index}`)} ${room}`
      const absent = `b[at++] = ${JSON.stringify(key)} in v ? 2 : 0;`
      return `${read} if (x${index} === undefined) { ${absent} } else { b[at++] = 1; ${this.statement(layout, `x${index}`)} ${room} }`
    })
    const count =
      extras === 'refused'
        ? `let n = 0; for (const k in v) if (${fields.map(({ key }) => `k !== ${JSON.stringify(key)}`).join(' && ')}) return false;`
        : ''
    return `${isObject} ${count} need(${(fields.length + 1) * slackBytes}); ${writes.join(' ')}`
  }

  /** Tries each branch that could fit by its outer type; a branch that fails half-way is taken back. */
  #union(branches: readonly Layout[]): string {
    const tries = branches.map((branch, index) => {
      const body = this.statement(branch, 'v')
      // Named when what it contains has its names, or a union inside would get the same one.
      const name = `u${this.functions.length}`
      this.functions.push(`function ${name}_${index}(v) { ${body} return true }`)
      return `if (${outerTest(branch)}) { const at0 = at, s0 = s; need(${2 * slackBytes}); b[at++] = ${index}; if (${name}_${index}(v)) return true; at = at0; s = s0; }`
    })
    return `${tries.join(' ')} return false;`
  }
}

/** Whether a value takes at most {@link slackBytes} in the positions. */
function isFlat(layout: Layout): boolean {
  return ['string', 'number', 'integer', 'boolean', 'constant', 'enumeration'].includes(layout.kind)
}

const isObject = `if (typeof v !== 'object' || v === null || Array.isArray(v)) return false; const proto = Object.getPrototypeOf(v); if (proto !== Object.prototype && proto !== null) return false;`

function outerTest(layout: Layout): string {
  switch (layout.kind) {
    case 'string':
      return `typeof v === 'string'`
    case 'number':
    case 'integer':
      return `typeof v === 'number'`
    case 'array':
    case 'tuple':
      return `Array.isArray(v)`
    case 'object':
      return ['typeof v === "object" && v !== null', ...layout.fields.flatMap(discriminator)].join(' && ')
    default:
      return 'true'
  }
}

/** A required constant field decides at once whether a branch can fit. */
function discriminator({ key, layout, required }: Field): readonly string[] {
  return required && layout.kind === 'constant' ? [`v[${JSON.stringify(key)}] === ${literal(layout.value)}`] : []
}

/** Whether a value of the layout takes no bytes at all. */
export function isEmpty(layout: Layout): boolean {
  if (layout.kind === 'constant') return true
  if (layout.kind === 'tuple') return layout.items.every(isEmpty)
  return layout.kind === 'object' && layout.fields.every((field) => field.required && isEmpty(field.layout))
}

export function literal(value: Primitive): string {
  return Object.is(value, -0) ? '0' : JSON.stringify(value)
}

/** JSON Schema counts characters (code points), which are never more than the code units counted here first. */
function lengthTests(v: string, min: number, max: number): string {
  const least = min > 0 ? ` || ${v}.length < ${min} || (${v}.length < ${2 * min} && [...${v}].length < ${min})` : ''
  const most = max < Infinity ? ` || (${v}.length > ${max} && [...${v}].length > ${max})` : ''
  return least + most
}

function boundTests(v: string, checks: readonly Comparison[]): string {
  return checks.map(({ operator, value }) => ` || !(${v} ${operator} ${value})`).join('')
}

function countTests(count: string, min: number, max: number): string {
  return (min > 0 ? ` || ${count} < ${min}` : '') + (max < Infinity ? ` || ${count} > ${max}` : '')
}

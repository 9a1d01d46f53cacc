import { constantsAt, discriminatorOf, type FieldStructure, type ObjectStructure, type Structure } from './structure.ts'

/**
 * Writes the source of a function that checks and copies a value of a structure in one pass: one function for each object,
 * array, tuple, record and union, so that each sees objects of one shape only; no closure and no call for anything else.
 * A function returns the copy, or `no` as soon as something does not fit. Every member of the value is read once.
 *
 * With `travels` the value's outer form is checked too: plain objects only, and undeclared fields that could travel.
 *
 * The surrounding scope provides `no`, `plainRoot` (Object.prototype), `arrayRoot` (Array.prototype), `patterns`,
 * `fallbacks`, `points(text)` (its code points), `declared` (for each object with undeclared fields to look at, the set of
 * the declared ones) and `extrasTravel(value, declared, depth)`.
 */
export class CheckedCopySource {
  readonly functions: string[] = []
  readonly patterns: RegExp[] = []
  readonly fallbacks: (() => unknown)[] = []
  readonly declared: ReadonlySet<string>[] = []
  readonly entry: string
  readonly #travels: boolean

  constructor(root: Structure, travels: boolean) {
    this.#travels = travels
    const { statements, copy } = this.#check(root, 'v', 0)
    this.entry = `function copyOf(v) { ${statements} return ${copy} }`
  }

  /** Statements that return `no` unless the value of variable `x` fits, and the expression of its copy. */
  #check(structure: Structure, x: string, depth: number): { readonly statements: string; readonly copy: string } {
    const test = this.#refusal(structure, x)
    if (test !== undefined) return { statements: `if (${test}) return no;`, copy: x }
    if (structure.kind === 'nullable') {
      const call = `${this.#nested(structure.of, depth)}(${x})`
      return {
        statements: `let c${x} = null; if (${x} !== null) { c${x} = ${call}; if (c${x} === no) return no }`,
        copy: `c${x}`,
      }
    }
    const call = `${this.#nested(structure, depth)}(${x})`
    return { statements: `const c${x} = ${call}; if (c${x} === no) return no;`, copy: `c${x}` }
  }

  /** For what is no object: the condition under which it does not fit. */
  #refusal(structure: Structure, x: string): string | undefined {
    switch (structure.kind) {
      case 'text':
        return [
          `typeof ${x} !== 'string'`,
          ...(structure.min > 0 ? [`${x}.length < ${structure.min}`] : []),
          ...(structure.min > 1 ? [`(${x}.length < ${2 * structure.min} && points(${x}) < ${structure.min})`] : []),
          ...(structure.max < Infinity ? [`${x}.length > ${structure.max}`] : []),
          ...structure.patterns.map((pattern) => `!patterns[${this.patterns.push(pattern) - 1}].test(${x})`),
        ].join(' || ')
      case 'number':
        return [
          { no: `!Number.isFinite(${x})`, yes: `!Number.isInteger(${x})`, safe: `!Number.isSafeInteger(${x})` }[
            structure.integer
          ],
          ...structure.bounds.map(({ operator, value }) => `!(${x} ${operator} ${value})`),
        ].join(' || ')
      case 'boolean':
        return `typeof ${x} !== 'boolean'`
      case 'constants':
        return structure.values.map((value) => `${x} !== ${JSON.stringify(value)}`).join(' && ') || 'true'
      case 'nullable': {
        const inner = this.#refusal(structure.of, x)
        return inner === undefined ? undefined : `${x} !== null && (${inner})`
      }
      default:
        return undefined
    }
  }

  /** The name of a function that copies its argument. */
  #nested(structure: Structure, depth: number): string {
    const body = this.#body(structure, depth)
    const name = `f${this.functions.length}`
    this.functions.push(`function ${name}(v) { ${body} }`)
    return name
  }

  #body(structure: Structure, depth: number): string {
    switch (structure.kind) {
      case 'array':
        return this.#array(structure, depth)
      case 'tuple': {
        const items = structure.of.map((item, index) => ({
          x: `x${index}`,
          ...this.#check(item, `x${index}`, depth + 1),
        }))
        const reads = items.map(({ x, statements }, index) => `const ${x} = v[${index}]; ${statements}`)
        return `${isArray} if (v.length !== ${items.length}) return no; ${reads.join(' ')} return [${items.map(({ copy }) => copy).join(', ')}]`
      }
      case 'record': {
        const { statements, copy } = this.#check(structure.of, 'x', depth + 1)
        return `${isObject} ${isPlain} const k = Object.keys(v); if (Reflect.ownKeys(v).length !== k.length) return no; const r = {}; for (let i = 0; i < k.length; i++) { const n = k[i]; if (n === '__proto__') return no; const x = v[n]; ${statements} r[n] = ${copy} } return r`
      }
      case 'object':
        return this.#object(structure, depth)
      case 'union':
        return this.#union(structure.of, depth)
      default: {
        const { statements, copy } = this.#check(structure, 'v', depth)
        return `${statements} return ${copy}`
      }
    }
  }

  #array({ of, min, max }: Extract<Structure, { kind: 'array' }>, depth: number): string {
    const bounds =
      (min > 0 ? `if (r.length < ${min}) return no;` : '') + (max < Infinity ? `if (r.length > ${max}) return no;` : '')
    const { statements, copy } = this.#check(of, 'x', depth + 1)
    // The copy is checked, not the value: then nothing can change in between. It keeps the value's dense representation.
    return `${isArray} const r = v.slice(); ${bounds} for (let i = 0; i < r.length; i++) { const x = r[i]; ${statements} ${copy === 'x' ? '' : `r[i] = ${copy}`} } return r`
  }

  #object(structure: ObjectStructure, depth: number): string {
    const { fields, extras } = structure
    // Where undeclared fields matter, the declared ones are counted.
    const counts = this.#travels || extras === 'refused'
    const checks = fields.map((field, index) => this.#field(field, index, { depth, counts }))
    const later = fields.findIndex(({ presence }) => presence === 'optional' || presence === 'omissible')
    const atOnce = later === -1 ? fields.length : later
    const literal = checks.slice(0, atOnce).map(({ key, copy }) => `${key}: ${copy}`)
    const assignments = checks
      .slice(atOnce)
      .map(({ key, copy, present }) =>
        present === undefined ? `r[${key}] = ${copy};` : `if (${present}) r[${key}] = ${copy};`,
      )
    const required = fields.filter(({ presence }) => presence === 'required').length
    return [
      isObject,
      this.#travels ? isPlain : `if (Array.isArray(v)) return no;`,
      counts ? `let n = -${required}; for (const k in v) n++;` : '',
      ...checks.map(({ statements }) => statements),
      counts ? `if (n !== 0${this.#extras(structure, depth)}) return no;` : '',
      `const r = { ${literal.join(', ')} };`,
      ...assignments,
      'return r',
    ].join(' ')
  }

  /** What makes more enumerable fields than declared ones harmless: they are dropped, and could have travelled. */
  #extras({ fields, extras }: ObjectStructure, depth: number): string {
    if (extras === 'refused') return ''
    const index = this.declared.push(new Set(fields.map(({ key }) => key))) - 1
    return ` && !extrasTravel(v, declared[${index}], ${depth + 1})`
  }

  #field(
    { key, of, presence, fallback }: FieldStructure,
    index: number,
    { depth, counts }: { depth: number; counts: boolean },
  ) {
    const x = `x${index}`
    const name = JSON.stringify(key)
    const { statements, copy } = this.#check(of, x, depth + 1)
    const read = `const ${x} = v[${name}];`
    if (presence === 'required') return { key: name, statements: `${read} ${statements}`, copy, present: undefined }
    const present = presence === 'omissible' ? `${x} !== undefined` : `${x} !== undefined || ${name} in v`
    const there = counts ? `if (${present}) n--;` : ''
    const result = `y${index}`
    if (presence !== 'default' || fallback === undefined) {
      const inner = `let ${result}; if (${x} !== undefined) { ${statements} ${result} = ${copy} }`
      return { key: name, statements: `${read} ${there} ${inner}`, copy: result, present }
    }
    const filled = `fallbacks[${this.fallbacks.push(fallback) - 1}]()`
    // A default that is an object may be one that somebody else holds.
    const inner = `let ${result}; if (${x} === undefined) { ${result} = ${filled}; if (!isPrimitive(${result})) return no } else { ${statements} ${result} = ${copy} }`
    return { key: name, statements: `${read} ${there} ${inner}`, copy: result, present: undefined }
  }

  #union(branches: readonly Structure[], depth: number): string {
    const key = discriminatorOf(branches.filter(({ kind }) => kind === 'object'))
    const tries = branches.map((branch) => {
      const values = key === undefined ? undefined : constantsAt(branch, key)
      const tests = values?.map((value) => `v[${JSON.stringify(key)}] === ${JSON.stringify(value)}`)
      const guard = tests ? `typeof v === 'object' && v !== null && (${tests.join(' || ')})` : 'true'
      return `if (${guard}) { const c = ${this.#nested(branch, depth)}(v); if (c !== no) return c }`
    })
    return `${tries.join(' ')} return no`
  }
}

const isObject = `if (typeof v !== 'object' || v === null) return no;`
const isPlain = `{ const p = Object.getPrototypeOf(v); if (p !== plainRoot && p !== null) return no }`
/** Exactly an array: a class derived from it may have a `slice` of its own. */
const isArray = `if (!Array.isArray(v) || Object.getPrototypeOf(v) !== arrayRoot) return no;`

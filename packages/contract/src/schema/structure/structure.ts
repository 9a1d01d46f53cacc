/**
 * What a schema demands of a value, where that is nothing but its form: types, bounds, patterns, fields. A schema that
 * refines, transforms or coerces has no structure in this sense, and only its library can validate it.
 *
 * A structure may be stricter than its schema, never laxer: what it accepts, the library accepts with an equal result;
 * what it does not accept, the library judges.
 */
export type Structure =
  | TextStructure
  | NumberStructure
  | { readonly kind: 'boolean' }
  /** One of some constants. */
  | { readonly kind: 'constants'; readonly values: readonly Constant[] }
  | { readonly kind: 'nullable'; readonly of: Structure }
  | ({ readonly kind: 'array'; readonly of: Structure } & Bounds)
  | { readonly kind: 'tuple'; readonly of: readonly Structure[] }
  | { readonly kind: 'record'; readonly of: Structure }
  | ObjectStructure
  /** Of which at most one branch can fit any value, so that the first that fits is the only one. */
  | { readonly kind: 'union'; readonly of: readonly Structure[] }

export type Constant = string | number | boolean | null

interface Bounds {
  readonly min: number
  readonly max: number
}

/**
 * A text. Libraries and their versions count its length in code units or in code points: it is surely within its bounds
 * where both say so.
 */
export interface TextStructure extends Bounds {
  readonly kind: 'text'
  /** Without the flags `g` and `y`. */
  readonly patterns: readonly RegExp[]
}

/** A finite number. */
export interface NumberStructure {
  readonly kind: 'number'
  /** `safe`: also within the range of safe integers. */
  readonly integer: 'no' | 'yes' | 'safe'
  readonly bounds: readonly { readonly operator: '>=' | '<=' | '>' | '<'; readonly value: number }[]
}

export interface ObjectStructure {
  readonly kind: 'object'
  readonly fields: readonly FieldStructure[]
  /** What becomes of fields that are not declared. */
  readonly extras: 'dropped' | 'refused'
}

export interface FieldStructure {
  readonly key: string
  readonly of: Structure
  /**
   * `optional`: may be left out or be undefined, and stays so. `omissible`: may be left out. `default`: `fallback` gives
   * the value of a field that is undefined, anew each time.
   */
  readonly presence: 'required' | 'optional' | 'omissible' | 'default'
  readonly fallback?: () => unknown
}

/** Whether no two branches can fit the same value. */
export function areDisjoint(branches: readonly Structure[]): boolean {
  const types = branches.flatMap(outerTypes)
  const apart = types.filter((type) => type !== 'object')
  const objects = branches.filter(({ kind }) => kind === 'object')
  const sharing = types.length - apart.length
  return (
    new Set(apart).size === apart.length &&
    // A constant beside all texts: `=string:…` beside `string`.
    !apart.some((type) => apart.includes(type.slice(1).split(':')[0] as string)) &&
    (sharing < 2 || (sharing === objects.length && discriminatorOf(objects) !== undefined))
  )
}

/** The types that values of a structure can have, and the constants. */
function outerTypes(structure: Structure): readonly string[] {
  switch (structure.kind) {
    case 'text':
      return ['string']
    case 'constants':
      return structure.values.map((value) => `=${typeof value}:${JSON.stringify(value)}`)
    case 'nullable':
      return ['=object:null', ...outerTypes(structure.of)]
    case 'tuple':
      return ['array']
    case 'record':
      return ['object']
    case 'union':
      return structure.of.flatMap(outerTypes)
    default:
      return [structure.kind]
  }
}

/** The required field of constants by which objects can be told apart. */
export function discriminatorOf(objects: readonly Structure[]): string | undefined {
  const [first] = objects
  if (first?.kind !== 'object') return undefined
  return first.fields.find(({ key }) => {
    const values = objects.flatMap((object) => constantsAt(object, key) ?? [])
    return objects.every((object) => constantsAt(object, key)) && new Set(values).size === values.length
  })?.key
}

/** The values that a required field of constants can have. */
export function constantsAt(structure: Structure, key: string): readonly Constant[] | undefined {
  if (structure.kind !== 'object') return undefined
  const field = structure.fields.find((one) => one.key === key)
  return field?.presence === 'required' && field.of.kind === 'constants' ? field.of.values : undefined
}

/**
 * Whether a value that was decoded by a layout of the same JSON Schema, which is checked in full, is valid. Not so where a
 * default is to be filled in, where a length may be counted in another way, or where a field may be named `__proto__`.
 */
export function isCheckedByDecoding(structure: Structure): boolean {
  switch (structure.kind) {
    case 'text':
      return structure.max === Infinity && structure.patterns.length === 0
    case 'number': {
      // Of several bounds of one side, the JSON Schema names one.
      const lower = structure.bounds.filter(({ operator }) => operator.startsWith('>')).length
      return lower <= 1 && structure.bounds.length - lower <= 1
    }
    case 'record':
      return false
    case 'nullable':
    case 'array':
      return isCheckedByDecoding(structure.of)
    case 'tuple':
    case 'union':
      return structure.of.every(isCheckedByDecoding)
    case 'object':
      return structure.fields.every(
        ({ of, presence }) => (presence === 'required' || presence === 'optional') && isCheckedByDecoding(of),
      )
    default:
      return true
  }
}

import { type CheckedCopy, compileCheckedCopy, unsure } from './checked-copy.ts'
import { isCheckedByDecoding, type Structure } from './structure.ts'

/**
 * The quick way past a schema library, for a schema that demands nothing but a form: a function compiled from its structure
 * checks and copies a value in one pass. What it does not surely accept is judged by the library, so results and errors
 * are the library's own.
 */
export class StructuralSchema {
  /** Whether what a decoder compiled from the JSON Schema accepts is valid, so that it need not be looked at again. */
  readonly checkedByDecoding: boolean
  readonly #structure: Structure
  /** Whether a value that could not travel is refused by `parse` already. */
  readonly #parseTravels: boolean
  #copy: CheckedCopy | undefined
  #travelling: CheckedCopy | undefined

  constructor(structure: Structure, parseTravels: boolean) {
    this.#structure = structure
    this.#parseTravels = parseTravels
    this.checkedByDecoding = isCheckedByDecoding(structure)
  }

  /** A validated copy, as `parse` would give it; {@link unsure} where `parse` has to judge. */
  copy(value: unknown): unknown {
    return (this.#copy ??= this.#parseTravels ? this.#compileTravelling() : this.#compile(false))(value)
  }

  /** Like {@link copy}, for a value that nobody has looked at: {@link unsure} also where it could not travel. */
  copyTravelling(value: unknown): unknown {
    return (this.#travelling ?? this.#compileTravelling())(value)
  }

  #compileTravelling(): CheckedCopy {
    return (this.#travelling ??= this.#compile(true))
  }

  /** Compiled when it is first needed: a process uses few of the schemas that it knows. */
  #compile(travels: boolean): CheckedCopy {
    return compileCheckedCopy(this.#structure, { travels }) ?? (() => unsure)
  }
}

import { type Code, codes } from '@holon/contract'
import fc from 'fast-check'

import type { OperationKind, OperationSpec } from './placement-app.ts'
import type { Scenario } from './scenario.ts'
import { anyObjectSchema, anySchema, validValue, wrongValue } from './schema-arbitrary.ts'
import type { Library, SchemaSpec } from './schema-spec.ts'
import type { Ending, Script, Thrown } from './script.ts'

const codeNames = Object.keys(codes) as Code[]
const kinds: readonly OperationKind[] = ['query', 'command', 'down', 'up', 'both']

/** Operations of a contract. An echo answers with what it got, so its output is its input. */
const anyOperation: fc.Arbitrary<Omit<OperationSpec, 'name'>> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    library: fc.constantFrom<Library[]>('zod', 'zod', 'json'),
    input: fc.option(fc.oneof(anyObjectSchema, anySchema), { nil: undefined, freq: 6 }),
    output: fc.option(anySchema, { nil: undefined, freq: 6 }),
    echoes: fc.boolean(),
    items: anySchema,
    failure: fc.record({ code: fc.constantFrom(...codeNames), data: fc.option(anySchema, { nil: undefined }) }),
  })
  .map(({ echoes, output, ...rest }) => {
    const answers = rest.kind === 'down' || rest.kind === 'both' ? (output ?? { kind: 'int' as const }) : output
    return { ...rest, output: echoes && rest.input ? rest.input : answers }
  })

const described = (spec: SchemaSpec | undefined, wrong: boolean): fc.Arbitrary<unknown> =>
  spec === undefined ? fc.constant(wrong ? 'unasked' : { $: 'undefined' }) : wrong ? wrongValue(spec) : validValue(spec)

/** Mostly right, sometimes wrong. */
const mixed = (spec: SchemaSpec | undefined): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: described(spec, false) }, { weight: 1, arbitrary: described(spec, true) })

const anyThrown: fc.Arbitrary<Thrown> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('service-error' as const),
      code: fc.constantFrom(...codeNames),
      message: fc.string(),
      mayHaveRun: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        'error',
        'string',
        'undefined',
        'null',
        'frozen',
        'forged',
        'hostile',
        'bad-code',
        'foreign-failure',
      )
      .map((kind) => ({ kind })),
  },
)

const anyEnding = (spec: OperationSpec): fc.Arbitrary<Ending> =>
  fc.oneof(
    { weight: 4, arbitrary: mixed(spec.output).map((value) => ({ kind: 'give', value }) as const) },
    {
      weight: 2,
      arbitrary: fc.constant(
        spec.output === spec.input ? ({ kind: 'echo' } as const) : ({ kind: 'give', value: null } as const),
      ),
    },
    { weight: 2, arbitrary: mixed(spec.failure.data).map((data) => ({ kind: 'fail', data }) as const) },
    { weight: 2, arbitrary: anyThrown.map((thrown) => ({ kind: 'throw', thrown }) as const) },
  )

/** How the caller gives up, if it does; then the handler waits for its signal, or nothing could be compared. */
type GivingUp = {
  readonly how: 'no' | 'deadline' | 'before' | 'at once' | 'when it hangs' | 'leaves'
  readonly stubborn: boolean
  readonly after: number
}
const anyGivingUp: fc.Arbitrary<GivingUp> = fc.record({
  how: fc.oneof(
    { weight: 5, arbitrary: fc.constant('no' as const) },
    { weight: 2, arbitrary: fc.constantFrom('deadline', 'before', 'at once', 'when it hangs', 'leaves') },
  ),
  stubborn: fc.boolean(),
  after: fc.integer({ min: 1, max: 3 }),
})

const anyIdentity = fc.option(
  fc.record(
    {
      subject: fc.string(),
      issuer: fc.constant('https://issuer'),
      claims: fc.dictionary(fc.constantFrom('roles', 'email'), fc.oneof(fc.string(), fc.array(fc.string()))),
    },
    { noNullPrototype: true },
  ),
  { nil: undefined },
)

function anyScenario(operation: OperationSpec, id: string): fc.Arbitrary<Scenario> {
  const streams = operation.kind === 'down' || operation.kind === 'both'
  return fc
    .record({
      entry: fc.constantFrom('outer', 'front', 'back'),
      input: mixed(operation.input),
      validInput: described(operation.input, false),
      items: fc.oneof(
        fc.array(described(operation.items, false), { maxLength: 5 }),
        fc.array(mixed(operation.items), { maxLength: 3 }),
      ),
      itemsThrow: fc.integer({ max: 5, min: 0 }).map((n) => n === 0),
      givingUp: anyGivingUp,
      mutatesInput: fc.boolean(),
      identity: anyIdentity,
      repeats: fc.boolean(),
      script: fc.record({
        mutatesInput: fc.boolean(),
        takes: fc.constantFrom(0, 1, 100),
        items: streams ? fc.array(mixed(operation.output), { maxLength: 5 }) : fc.constant([]),
        validItems: streams ? fc.array(described(operation.output, false), { maxLength: 5 }) : fc.constant([]),
        ending: anyEnding(operation),
        keeps: fc.constantFrom<Script['keeps'][]>('same', 'changed'),
        slow: fc.boolean(),
      }),
    })
    .map(({ givingUp, script: { validItems, ...script }, entry, input, validInput, items, itemsThrow, ...caller }) => {
      const how = givingUp.how === 'leaves' && !streams ? 'no' : givingUp.how
      const hangs = how !== 'no' && how !== 'before'
      const ending: Ending = hangs ? { kind: 'hang', stubborn: givingUp.stubborn } : script.ending
      return {
        id,
        operation,
        entry: entry,
        // Whether a wrong input or the caller's giving up is noticed first would be a race.
        input: hangs ? validInput : input,
        items,
        itemsThrow,
        caller: {
          ...caller,
          repeats: caller.repeats && how === 'no',
          cancels: how === 'before' || how === 'at once' || how === 'when it hangs' ? how : ('never' as const),
          leavesAfter: how === 'leaves' ? givingUp.after : undefined,
          timeoutMs: how === 'deadline' || how === 'leaves' ? 60 : 60_000,
        },
        script: { ...script, ending, items: hangs ? validItems : script.items },
      }
    })
}

/** An app and calls to it. */
export interface PlacementCase {
  readonly operations: readonly OperationSpec[]
  readonly scenarios: readonly Scenario[]
}

export const anyPlacementCase: fc.Arbitrary<PlacementCase> = fc
  .array(anyOperation, { minLength: 1, maxLength: 3 })
  .map((drawn): OperationSpec[] => drawn.map((spec, n) => ({ ...spec, name: `op${n}` })))
  .chain((operations) =>
    fc
      .array(fc.nat(operations.length - 1), { minLength: 4, maxLength: 8 })
      .chain((chosen) =>
        fc.tuple(...chosen.map((index, n) => anyScenario(operations[index] as OperationSpec, `s${n}`))),
      )
      .map((scenarios) => ({ operations, scenarios })),
  )
